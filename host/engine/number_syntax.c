/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/number_syntax.h"

#include "engine/conversion.h"

enum { EXACT_DIGITS = 19, EXACT_POWER = 22, NO_FAMILY = -1, AUTO_FAMILY = 0xFF };

/* The powers of ten that a double holds exactly. */
static const double powers[EXACT_POWER + 1] = { 1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };

/* What a scan found: (-1)^negative * mantissa * 10^exponent, exact unless `cut`. */
struct scan {
    uint64_t mantissa;
    int significant;
    int exponent;
    bool negative;
    bool cut;          /* more digits than the mantissa holds */
    bool any_digit;
    size_t decimal_at; /* byte positions in the text; its length when there is none */
    size_t exponent_at;
};

/* How this value is written, where the format leaves the choice to the value. */
struct choice {
    char decimal;
    char thousands; /* 0: only the format's marks */
    bool scientific;
};

static bool is_digit(char c)
{
    return (unsigned char)(c - '0') <= 9;
}

/* ---- the format --------------------------------------------------------------------------- */

static bool add_mark(struct orch_number_syntax *f, const char *bytes, size_t len, uint8_t family)
{
    struct orch_number_mark *m = &f->marks[f->n_marks];

    if (f->n_marks == ORCH_NUMBER_MARKS || len == 0 || len > sizeof m->bytes)
        return false;
    memcpy(m->bytes, bytes, len);
    m->len = (uint8_t)len;
    m->family = family;
    f->n_marks++;
    return true;
}

size_t orch_number_syntax_mark(struct orch_number_syntax *f, struct orch_str text)
{
    uint32_t code = 0;

    if (text.len == 0 || orch_utf8_valid(text.ptr, text.len) == 0)
        return 0;
    size_t len = orch_utf8_decode(text.ptr, text.len, &code);
    bool letter = (code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z');
    bool taken = (code >= '0' && code <= '9') || code == '+' || code == '-' || code == '(' ||
                 code == ')' || code < ' ';
    if (letter || taken || !add_mark(f, text.ptr, len, (uint8_t)(f->n_marks + 1)))
        return 0;
    return len;
}

bool orch_number_syntax_blanks(struct orch_number_syntax *f)
{
    uint8_t family = (uint8_t)(f->n_marks + 1);

    return add_mark(f, " ", 1, family) && add_mark(f, "\xC2\xA0", 2, family) &&
           add_mark(f, "\xE2\x80\xAF", 3, family) && add_mark(f, "\xE2\x80\x89", 3, family);
}

/* ---- scanning ----------------------------------------------------------------------------- */

static void scan_digit(struct scan *n, unsigned digit, bool fraction)
{
    n->any_digit = true;
    if (n->significant == 0 && digit == 0) {
        n->exponent -= fraction;
        return;
    }
    if (n->significant < EXACT_DIGITS) {
        n->mantissa = n->mantissa * 10 + digit;
        n->significant++;
        n->exponent -= fraction;
        return;
    }
    n->cut = true;
    n->exponent += !fraction;
}

/* Length of the mark at s[p], 0 if none; its family goes to *family. */
static size_t match_mark(const struct orch_number_syntax *f, char thousands, struct orch_str s,
                         size_t p, int *family)
{
    if (thousands != 0 && s.ptr[p] == thousands) {
        *family = AUTO_FAMILY;
        return 1;
    }
    for (size_t i = 0; i < f->n_marks; i++) {
        const struct orch_number_mark *m = &f->marks[i];
        if (s.len - p >= m->len && memcmp(s.ptr + p, m->bytes, m->len) == 0) {
            *family = m->family;
            return m->len;
        }
    }
    return 0;
}

/* Digits with marks before groups of three; *p ends behind them. */
static bool scan_integer_part(const struct orch_number_syntax *f, char thousands, struct orch_str s,
                              size_t *p, struct scan *n)
{
    int family = NO_FAMILY;
    size_t group = 0;

    while (*p < s.len) {
        if (is_digit(s.ptr[*p])) {
            scan_digit(n, (unsigned)(s.ptr[*p] - '0'), false);
            group++;
            (*p)++;
            continue;
        }
        int mark = NO_FAMILY;
        size_t len = match_mark(f, thousands, s, *p, &mark);
        if (len == 0)
            break;
        bool first = family == NO_FAMILY;
        if ((first ? group == 0 || group > 3 : group != 3) || (!first && mark != family))
            return false;
        family = mark;
        group = 0;
        *p += len;
    }
    return family == NO_FAMILY || group == 3;
}

/* "E+13" at *p; at most four digits. */
static bool scan_exponent(struct orch_str s, size_t *p, struct scan *n)
{
    size_t q = *p + 1;
    bool negative = false;
    int value = 0;
    size_t digits = 0;

    if (q < s.len && (s.ptr[q] == '+' || s.ptr[q] == '-'))
        negative = s.ptr[q++] == '-';
    while (q < s.len && is_digit(s.ptr[q]) && digits < 4) {
        value = value * 10 + (s.ptr[q++] - '0');
        digits++;
    }
    if (digits == 0)
        return false;
    n->exponent_at = *p;
    n->exponent += negative ? -value : value;
    *p = q;
    return true;
}

static void scan_sign(struct orch_str s, size_t *p, struct scan *n)
{
    if (*p < s.len && (s.ptr[*p] == '-' || s.ptr[*p] == '+'))
        n->negative = s.ptr[(*p)++] == '-';
}

/* The whole of s as a number written by `choice`. */
static bool scan_number(const struct orch_number_syntax *f, struct choice choice, struct orch_str s,
                        struct scan *n)
{
    size_t p = 0;

    *n = (struct scan){ .decimal_at = s.len, .exponent_at = s.len };
    scan_sign(s, &p, n);
    if (!scan_integer_part(f, choice.thousands, s, &p, n))
        return false;
    if (p < s.len && choice.decimal != 0 && s.ptr[p] == choice.decimal) {
        n->decimal_at = p++;
        while (p < s.len && is_digit(s.ptr[p]))
            scan_digit(n, (unsigned)(s.ptr[p++] - '0'), true);
    }
    if (!n->any_digit)
        return false;
    if (choice.scientific && p < s.len && (s.ptr[p] == 'e' || s.ptr[p] == 'E') &&
        !scan_exponent(s, &p, n))
        return false;
    return p == s.len;
}

/* ---- what stands around the digits -------------------------------------------------------- */

static bool strip_unit(const struct orch_number_syntax *f, struct orch_str *s)
{
    for (size_t i = 0; i < f->n_units; i++) {
        struct orch_str unit = f->units[i];
        if (s->len > unit.len &&
            memcmp(s->ptr + s->len - unit.len, unit.ptr, unit.len) == 0) {
            s->len -= unit.len;
            *s = orch_conversion_trim(*s);
            return true;
        }
    }
    return false;
}

/* Takes "(45)" and "45-" apart; false when a sign would be said twice. */
static bool strip_accounting(const struct orch_number_syntax *f, struct orch_str *s, bool *negative)
{
    if (!f->accounting || s->len < 2)
        return true;
    bool bracket = s->ptr[0] == '(' && s->ptr[s->len - 1] == ')';
    bool behind = s->ptr[s->len - 1] == '-';
    if (!bracket && !behind)
        return true;
    *s = orch_conversion_trim((struct orch_str){ s->ptr + bracket, s->len - 1 - bracket });
    *negative = true;
    return s->len > 0 && s->ptr[0] != '+' && s->ptr[0] != '-';
}

/* The digits of a value: trimmed, without unit and accounting signs. */
static enum orch_number_result strip(const struct orch_number_syntax *f, struct orch_str *s,
                                     bool *negative)
{
    *s = orch_conversion_trim(*s);
    if (s->len == 0)
        return ORCH_NUMBER_BLANK;
    if (s->len > ORCH_NUMBER_BYTES)
        return ORCH_NUMBER_BAD;
    if (f->n_units == 0 && !f->accounting)
        return ORCH_NUMBER_OK;
    bool unit = strip_unit(f, s);
    if (!strip_accounting(f, s, negative))
        return ORCH_NUMBER_BAD;
    if (!unit)
        strip_unit(f, s);
    return s->len > 0 ? ORCH_NUMBER_OK : ORCH_NUMBER_BAD;
}

/* ---- either decimal mark ------------------------------------------------------------------ */

/* "1,234" reads both ways; "0,234" and "1234,567" do not, as no group of thousands begins or
 * ends like that. */
static bool is_ambiguous(struct orch_str s, size_t mark)
{
    size_t first = s.ptr[0] == '+' || s.ptr[0] == '-' ? 1 : 0;
    size_t before = mark - first;

    if (mark < first || before == 0 || before > 3 || s.ptr[first] == '0' || s.len - mark != 4)
        return false;
    for (size_t i = first; i < s.len; i++) {
        if (i != mark && !is_digit(s.ptr[i]))
            return false;
    }
    return true;
}

/* The last mark is the decimal one, a mark that occurs twice stands between thousands. */
static enum orch_number_result choose(struct orch_str s, struct choice *choice)
{
    size_t count[2] = { 0, 0 };
    size_t last = 0;

    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '.' || s.ptr[i] == ',') {
            count[s.ptr[i] == ',']++;
            last = i;
        }
    }
    if (count[0] + count[1] == 0)
        return ORCH_NUMBER_OK;
    bool comma = s.ptr[last] == ',';
    if (count[comma] > 1 && count[!comma] > 0)
        return ORCH_NUMBER_BAD;
    if (count[comma] > 1) {
        choice->thousands = s.ptr[last];
        return ORCH_NUMBER_OK;
    }
    choice->decimal = s.ptr[last];
    if (count[!comma] > 0)
        choice->thousands = comma ? '.' : ',';
    else if (is_ambiguous(s, last))
        return ORCH_NUMBER_AMBIGUOUS;
    return ORCH_NUMBER_OK;
}

/* Would the value be a number if exponents were allowed? */
static bool has_exponent(const struct orch_number_syntax *f, struct orch_str s)
{
    struct choice choice = { f->decimal, 0, true };
    struct scan n;

    if (memchr(s.ptr, 'E', s.len) == NULL && memchr(s.ptr, 'e', s.len) == NULL)
        return false;
    choice.decimal = memchr(s.ptr, ',', s.len) != NULL ? ',' : '.';
    return scan_number(f, choice, s, &n) && n.exponent_at < s.len;
}

/* ---- values ------------------------------------------------------------------------------- */

/* The number without marks, for the correctly rounding conversion of the C library. */
static bool round_slowly(struct orch_str s, const struct scan *n, double *out)
{
    char plain[ORCH_NUMBER_BYTES + 4];
    size_t len = 0;

    /* a zero in front and behind, as ".5" and "5." are numbers here only */
    plain[len++] = '0';
    for (size_t i = 0; i <= s.len; i++) {
        if ((i == n->exponent_at || i == s.len) && plain[len - 1] == '.')
            plain[len++] = '0';
        if (i == s.len)
            break;
        if (i == n->decimal_at)
            plain[len++] = '.';
        else if (is_digit(s.ptr[i]) || i >= n->exponent_at)
            plain[len++] = s.ptr[i];
    }
    return orch_str_to_float((struct orch_str){ plain, len }, out);
}

static enum orch_number_result to_double(struct orch_str s, const struct scan *n, bool negative,
                                         double *out)
{
    bool exact = !n->cut && n->mantissa < (UINT64_C(1) << 53) && n->exponent >= -EXACT_POWER &&
                 n->exponent <= EXACT_POWER;
    double value = 0;

    /* one correctly rounded operation on two exact operands */
    if (n->mantissa != 0 && exact)
        value = n->exponent < 0 ? (double)n->mantissa / powers[-n->exponent]
                                : (double)n->mantissa * powers[n->exponent];
    else if (n->mantissa != 0 && !round_slowly(s, n, &value))
        return ORCH_NUMBER_RANGE;
    *out = value != 0 && (n->negative || negative) ? -value : value;
    return ORCH_NUMBER_OK;
}

/* The quick path of nearly all values: a sign, at most 15 digits, the decimal mark among them. What
 * it does not take may still be a number. */
static bool parse_plain(struct orch_str s, char decimal, double *out)
{
    const char *p = s.ptr;
    const char *end = s.ptr + s.len;
    const char *mark = NULL;
    uint64_t mantissa = 0;

    if (s.len == 0 || s.len > 17)
        return false;
    bool negative = *p == '-';
    p += negative;
    const char *first = p;
    for (; p < end; p++) {
        unsigned digit = (unsigned)(unsigned char)*p - '0';
        if (digit <= 9)
            mantissa = mantissa * 10 + digit;
        else if (decimal != 0 && *p == decimal && mark == NULL && p > first)
            mark = p;
        else
            return false;
    }
    ptrdiff_t digits = end - first - (mark != NULL);
    if (digits == 0 || digits > 15)
        return false;
    double value = (double)mantissa;
    if (mark != NULL)
        value /= powers[end - mark - 1];
    *out = negative && mantissa != 0 ? -value : value;
    return true;
}

enum orch_number_result orch_number_parse(const struct orch_number_syntax *f, struct orch_str s,
                                          double *out)
{
    struct choice choice = { f->decimal, 0, f->scientific };
    struct scan n;
    bool negative = false;

    if (f->decimal != 0 && parse_plain(s, f->decimal, out))
        return ORCH_NUMBER_OK;
    enum orch_number_result result = strip(f, &s, &negative);
    if (result == ORCH_NUMBER_OK && choice.decimal == 0)
        result = choose(s, &choice);
    if (result != ORCH_NUMBER_OK)
        return result;
    if (!scan_number(f, choice, s, &n))
        return !f->scientific && has_exponent(f, s) ? ORCH_NUMBER_EXPONENT : ORCH_NUMBER_BAD;
    return to_double(s, &n, negative, out);
}

static enum orch_number_result to_integer(const struct scan *n, bool negative, int64_t *out)
{
    uint64_t limit = negative ? (uint64_t)INT64_MAX + 1 : (uint64_t)INT64_MAX;

    if (n->cut || n->mantissa > limit)
        return ORCH_NUMBER_RANGE;
    *out = negative ? (int64_t)(0 - n->mantissa) : (int64_t)n->mantissa;
    return ORCH_NUMBER_OK;
}

enum orch_number_result orch_integer_parse(const struct orch_number_syntax *f, struct orch_str s,
                                           int64_t *out)
{
    const struct choice choice = { 0, 0, false };
    struct scan n;
    bool negative = false;
    double plain = 0;

    /* 15 digits are exact as a double too */
    if (parse_plain(s, 0, &plain)) {
        *out = (int64_t)plain;
        return ORCH_NUMBER_OK;
    }
    enum orch_number_result result = strip(f, &s, &negative);
    if (result != ORCH_NUMBER_OK)
        return result;
    if (!scan_number(f, choice, s, &n))
        return has_exponent(f, s) ? ORCH_NUMBER_EXPONENT : ORCH_NUMBER_BAD;
    return to_integer(&n, n.negative || negative, out);
}
