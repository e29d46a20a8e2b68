// SPDX-License-Identifier: EUPL-1.2
#include "protocol/identifier/forms.h"
#include "protocol/identifier/text.h"

// E.164 by the numbering plans' metadata: prefixes stripped and possible lengths as libphonenumber
// does.

namespace bakhita {
namespace {

constexpr std::size_t written_size_max = 64;
constexpr int rounds_max = 4;
constexpr std::size_t digits_max = 15;  // ITU-T E.164 section 6
constexpr std::size_t digits_min = 5;   // of a national form; below: a short code of some network

bool matches(const std::regex& pattern, const std::string& digits) {
  return std::regex_match(digits, pattern);
}

/// The national significant number without its national prefix, transformed as the plan says.
std::string strip_national_prefix(const NumberingPlan& plan, const std::string& digits) {
  if (!plan.has_national_prefix) return digits;
  std::smatch found;
  if (!std::regex_search(digits, found, plan.national_prefix,
                         std::regex_constants::match_continuous) ||
      found.length(0) == 0)
    return digits;
  std::string stripped = found.suffix();
  const bool captured = found.size() > 1 && found[found.size() - 1].matched;
  if (!plan.transform.empty() && captured) stripped = found.format(plan.transform) + stripped;
  // What was a number of the plan stays one.
  if (matches(plan.pattern, digits) && !matches(plan.pattern, stripped)) return digits;
  return stripped;
}

/// Which lengths are possible is a matter of the country code, not of the region that dials.
Canonical finish(const Tables& tables, const NumberingPlan& plan, const std::string& national) {
  const auto& lengths = tables.main_plans.at(plan.country_code)->lengths;
  std::string number = strip_national_prefix(plan, national);
  if (!lengths.contains(number.size()) && lengths.contains(national.size())) number = national;
  // Until nothing is left to strip, so that the form is its own form.
  for (int round = 0;; ++round) {
    std::string next = strip_national_prefix(plan, number);
    if (next == number || !lengths.contains(next.size())) break;
    if (round == rounds_max) return Refusal::bad_form;
    number = std::move(next);
  }
  if (!lengths.contains(number.size()))
    return number.size() < *lengths.begin() ? Refusal::too_short : Refusal::bad_length;
  if (plan.country_code.size() + number.size() > digits_max) return Refusal::too_long;
  return "+" + plan.country_code + number;
}

/// The plan whose country code the digits begin with, and the rest.
Canonical from_international(const Tables& tables, const std::string& digits) {
  if (digits.size() < digits_min) return Refusal::too_short;
  for (std::size_t size = 1; size <= 3 && size < digits.size(); ++size) {
    const auto plan = tables.main_plans.find(digits.substr(0, size));
    if (plan != tables.main_plans.end()) return finish(tables, *plan->second, digits.substr(size));
  }
  return Refusal::unknown_region;
}

/// Some write the country code without a plus: so it is when only the rest is a number of the plan.
Canonical from_national(const Tables& tables, const NumberingPlan& plan,
                        const std::string& digits) {
  std::smatch prefix;
  // No country code begins with 0, so what does is no call abroad.
  if (std::regex_search(digits, prefix, plan.international_prefix,
                        std::regex_constants::match_continuous) &&
      !std::string_view(digits).substr(static_cast<std::size_t>(prefix.length())).starts_with("0"))
    return from_international(tables, prefix.suffix());
  // Where another prefix is dialled, many write 00 nevertheless: taken when it leads to a number
  // and the digits are none of the country's own.
  if (digits.starts_with("00") && !matches(plan.pattern, strip_national_prefix(plan, digits))) {
    const Canonical abroad = from_international(tables, digits.substr(2));
    if (std::holds_alternative<std::string>(abroad)) return abroad;
  }
  if (digits.starts_with(plan.country_code)) {
    const std::string rest = digits.substr(plan.country_code.size());
    const std::string stripped = strip_national_prefix(plan, rest);
    const bool longer_than_any = digits.size() > *plan.lengths.rbegin();
    if ((!matches(plan.pattern, digits) && matches(plan.pattern, stripped)) || longer_than_any)
      return finish(tables, plan, rest);
  }
  return finish(tables, plan, digits);
}

/// The number inside a link, if it is one.
std::string_view from_link(std::string_view text) {
  const std::size_t written_size = text.size();
  const auto cut = [&](std::string_view prefix) {
    if (text::starts_with_nocase(text, prefix)) text.remove_prefix(prefix.size());
  };
  for (std::string_view scheme : {"tel:", "sms:", "callto:", "whatsapp:"}) cut(scheme);
  for (std::string_view scheme : {"https://", "http://", "//"}) cut(scheme);
  for (std::string_view host :
       {"www.", "wa.me/", "api.whatsapp.com/send", "whatsapp.com/send", "send"})
    cut(host);
  for (std::string_view parameter : {"/?phone=", "?phone="}) cut(parameter);
  // Outside a link, a slash stands between groups of digits.
  return text.size() == written_size ? text : text.substr(0, text.find_first_of(";?&#/"));
}

}  // namespace

Canonical canonical_phone(const Tables& tables, std::string_view text, std::string_view region) {
  if (text.size() > 256) return Refusal::too_long;
  const std::string lower = text::lower_ascii(text);
  const auto says = [&](std::string_view part) { return lower.find(part) != std::string::npos; };
  const bool whatsapp = says("wa.me/") || says("whatsapp.com/send") || says("whatsapp://send");
  if (says(";ext=")) return Refusal::extension;
  std::string_view number = text::trim(from_link(text));
  if (number.empty()) return Refusal::empty;
  if (number.size() > written_size_max) return Refusal::too_long;
  if (number.starts_with("%2B") || number.starts_with("%2b")) number.remove_prefix(3);
  std::string digits;
  bool plus = whatsapp;
  for (std::size_t i = 0; i < number.size(); ++i) {
    const char c = number[i];
    if (c >= '0' && c <= '9') {
      digits += c;
    } else if (c == '+') {
      if (!digits.empty() || (plus && !whatsapp)) return Refusal::bad_form;
      plus = true;
    } else if (number.substr(i).starts_with("(0)") && !digits.empty()) {
      i += 2;  // the trunk zero that some write between country code and number
    } else if (c == 'x' || c == '#' || c == ',' || c == 'e' || c == 'E' || c == 'X') {
      return digits.empty() ? Refusal::bad_form : Refusal::extension;
    } else if (std::string_view(" -.()/~").find(c) == std::string_view::npos) {
      return Refusal::bad_form;
    }
  }
  if (digits.empty()) return Refusal::empty;
  if (plus) return from_international(tables, digits);
  if (region.empty()) return Refusal::no_region;
  const auto plan = tables.plans.find(text::upper_ascii(region));
  if (plan == tables.plans.end()) return Refusal::unknown_region;
  if (digits.size() < digits_min) return Refusal::too_short;
  return from_national(tables, plan->second, digits);
}

}  // namespace bakhita
