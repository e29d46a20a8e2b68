// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <string>
#include <vector>

#include "node/desk/desk.h"
#include "protocol/policy/question.h"

/// Consents to use the content of a letter otherwise, as a correspondence tells them.
namespace bakhita::desk {

/// What a decision of this node's answers: the peer's consent request that the beginning of an id
/// names, or, where none is given, the only one that nobody has decided yet. Throws LetterRefused,
/// which lists those that are open when there are several.
v1::Letter consent_request_named(const Desk& desk, const LetterId& thread,
                                 const std::string& beginning);

/// The letter of the correspondence whose id begins so. Throws LetterRefused when there is none, or
/// more than one.
v1::Letter letter_of(const Desk& desk, const LetterId& thread, const std::string& beginning);

/// What a withdrawal takes back: this node's own decision, named likewise.
v1::Letter own_decision_named(const Desk& desk, const LetterId& thread,
                              const std::string& beginning);

/// Consents to this letter that its sender gave and has not withdrawn: of each consent request the
/// newest decision counts. Of too many some are left out: that allows nothing more.
std::vector<policy::Consent> consents_to(const Desk& desk, const v1::Letter& letter);

}  // namespace bakhita::desk
