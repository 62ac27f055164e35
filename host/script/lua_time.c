/* SPDX-License-Identifier: Apache-2.0 */
/* Dates and instants as values of row functions. Both are exact integers (days, microseconds) and
 * in UTC: time zones are a matter of the column operations, before and after the row function. */
#include "script/lua_bind.h"

#include <math.h>

#include "base/clock.h"

#define DAY_US INT64_C(86400000000)
#define FIRST_DAY INT64_C(-719162) /* 0001-01-01 */
#define LAST_DAY INT64_C(2932896)  /* 9999-12-31 */

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

bool orch_lua_get_time(lua_State *L, int index, enum orch_type *type, int64_t *out)
{
    const int64_t *value = luaL_testudata(L, index, ORCH_LUA_DATE);

    *type = ORCH_TYPE_DATE;
    if (!value) {
        value = luaL_testudata(L, index, ORCH_LUA_TIMESTAMP);
        *type = ORCH_TYPE_TIMESTAMP;
    }
    if (value)
        *out = *value;
    return value != NULL;
}

static void push_time(lua_State *L, const char *metatable, int64_t value)
{
    int64_t *slot = lua_newuserdatauv(L, sizeof *slot, 0);

    *slot = value;
    luaL_setmetatable(L, metatable);
}

void orch_lua_push_date(lua_State *L, int64_t days)
{
    push_time(L, ORCH_LUA_DATE, days);
}

void orch_lua_push_timestamp(lua_State *L, int64_t us)
{
    push_time(L, ORCH_LUA_TIMESTAMP, us);
}

static int push_checked_date(lua_State *L, int64_t days)
{
    if (days < FIRST_DAY || days > LAST_DAY)
        orch_lua_raise(L, NULL, "date outside the years 1 to 9999");
    orch_lua_push_date(L, days);
    return 1;
}

static int push_checked_timestamp(lua_State *L, int64_t us)
{
    if (us < FIRST_DAY * DAY_US || us >= (LAST_DAY + 1) * DAY_US)
        orch_lua_raise(L, NULL, "timestamp outside the years 1 to 9999");
    orch_lua_push_timestamp(L, us);
    return 1;
}

/* ---- from numbers and texts -------------------------------------------------------------- */

static int64_t part(lua_State *L, int index, const char *name, int64_t low, int64_t high,
                    int64_t absent)
{
    int64_t value;

    if (lua_isnoneornil(L, index) && absent >= low)
        return absent;
    if (!lua_isinteger(L, index))
        orch_lua_raise(L, NULL, "%s must be an integer, not %s", name, orch_lua_what(L, index));
    value = lua_tointeger(L, index);
    if (value < low || value > high)
        orch_lua_raise(L, NULL, "%s %lld is outside %lld to %lld", name, (long long)value,
                       (long long)low, (long long)high);
    return value;
}

static bool days_of(int64_t year, int64_t month, int64_t day, int64_t *out)
{
    int64_t back_year;
    int back_month, back_day;

    if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 || day > 31)
        return false;
    *out = orch_days_from_civil(year, (int)month, (int)day);
    orch_civil_from_days(*out, &back_year, &back_month, &back_day);
    return back_day == day;
}

static int64_t days_from_stack(lua_State *L)
{
    int64_t year = part(L, 1, "year", 1, 9999, INT64_MIN);
    int64_t month = part(L, 2, "month", 1, 12, INT64_MIN);
    int64_t day = part(L, 3, "day", 1, 31, INT64_MIN);
    int64_t days = 0;

    if (!days_of(year, month, day, &days))
        orch_lua_raise(L, NULL, "no such day: %04d-%02d-%02d", (int)year, (int)month, (int)day);
    return days;
}

/* n digits at *at; -1 when they are not there. */
static int64_t digits(const char **at, int n)
{
    int64_t value = 0;

    for (int i = 0; i < n; i++, (*at)++) {
        if (**at < '0' || **at > '9')
            return -1;
        value = value * 10 + (**at - '0');
    }
    return value;
}

static bool parse_date(const char **at, int64_t *days)
{
    int64_t year = digits(at, 4);
    if (year < 0 || *(*at)++ != '-')
        return false;
    int64_t month = digits(at, 2);
    if (month < 0 || *(*at)++ != '-')
        return false;
    return days_of(year, month, digits(at, 2), days);
}

static bool parse_fraction(const char **at, int64_t *us)
{
    int64_t unit = 100000;

    *us = 0;
    if (**at != '.')
        return true;
    (*at)++;
    if (**at < '0' || **at > '9')
        return false;
    for (; **at >= '0' && **at <= '9' && unit > 0; (*at)++, unit /= 10)
        *us += unit * (**at - '0');
    return true;
}

/* "2024-03-31T01:00:00Z", fraction allowed, nothing else: what :iso() writes. */
static bool parse_timestamp(const char *at, int64_t *us)
{
    int64_t days, hour, minute, second, fraction;

    if (!parse_date(&at, &days) || *at++ != 'T')
        return false;
    hour = digits(&at, 2);
    if (hour < 0 || hour > 23 || *at++ != ':')
        return false;
    minute = digits(&at, 2);
    if (minute < 0 || minute > 59 || *at++ != ':')
        return false;
    second = digits(&at, 2);
    if (second < 0 || second > 59 || !parse_fraction(&at, &fraction) || strcmp(at, "Z") != 0)
        return false;
    *us = days * DAY_US + ((hour * 60 + minute) * 60 + second) * 1000000 + fraction;
    return true;
}

/* o.date("2024-03-31") or o.date(2024, 3, 31) */
static int date_new(lua_State *L)
{
    const char *text;
    int64_t days = 0;

    if (lua_type(L, 1) != LUA_TSTRING)
        return push_checked_date(L, days_from_stack(L));
    text = lua_tostring(L, 1);
    if (!parse_date(&text, &days) || *text != '\0')
        orch_lua_raise(L, "write o.date(\"2024-03-31\")", "not a date: \"%s\"",
                       lua_tostring(L, 1));
    return push_checked_date(L, days);
}

/* o.timestamp("2024-03-31T01:00:00Z") or o.timestamp(2024, 3, 31, 1, 0, 0), UTC */
static int timestamp_new(lua_State *L)
{
    int64_t us = 0;
    int64_t days, hour, minute;
    double second;

    if (lua_type(L, 1) == LUA_TSTRING) {
        if (!parse_timestamp(lua_tostring(L, 1), &us))
            orch_lua_raise(L, "write o.timestamp(\"2024-03-31T01:00:00Z\")",
                           "not a timestamp in UTC: \"%s\"", lua_tostring(L, 1));
        return push_checked_timestamp(L, us);
    }
    days = days_from_stack(L);
    hour = part(L, 4, "hour", 0, 23, 0);
    minute = part(L, 5, "minute", 0, 59, 0);
    second = luaL_optnumber(L, 6, 0);
    if (!(second >= 0 && second < 60))
        orch_lua_raise(L, NULL, "second %g is outside 0 to 59.999999", second);
    us = days * DAY_US + (hour * 60 + minute) * 60000000 + (int64_t)llround(second * 1e6);
    return push_checked_timestamp(L, us);
}

/* ---- fields and operators ---------------------------------------------------------------- */

static int time_iso(lua_State *L)
{
    enum orch_type type = ORCH_TYPE_DATE;
    int64_t value = 0;
    char text[40];

    if (!orch_lua_get_time(L, 1, &type, &value))
        orch_lua_raise(L, "call it with a colon: value:iso()", "iso needs a date or timestamp");
    if (type == ORCH_TYPE_DATE)
        orch_format_date(value, text);
    else
        orch_format_timestamp(value, text);
    lua_pushstring(L, text);
    return 1;
}

static int time_to_date(lua_State *L)
{
    const int64_t *us = luaL_checkudata(L, 1, ORCH_LUA_TIMESTAMP);

    return push_checked_date(L, floor_div(*us, DAY_US));
}

static int time_to_timestamp(lua_State *L)
{
    const int64_t *days = luaL_checkudata(L, 1, ORCH_LUA_DATE);

    return push_checked_timestamp(L, *days * DAY_US);
}

static bool push_clock_field(lua_State *L, const char *field, int64_t us)
{
    if (strcmp(field, "hour") == 0)
        lua_pushinteger(L, us / 3600000000);
    else if (strcmp(field, "minute") == 0)
        lua_pushinteger(L, us / 60000000 % 60);
    else if (strcmp(field, "second") == 0)
        lua_pushinteger(L, us / 1000000 % 60);
    else if (strcmp(field, "microsecond") == 0)
        lua_pushinteger(L, us % 1000000);
    else if (strcmp(field, "date") == 0)
        lua_pushcfunction(L, time_to_date);
    else
        return false;
    return true;
}

static bool push_day_field(lua_State *L, const char *field, int64_t days)
{
    int64_t year;
    int month, day;

    orch_civil_from_days(days, &year, &month, &day);
    if (strcmp(field, "year") == 0)
        lua_pushinteger(L, year);
    else if (strcmp(field, "month") == 0)
        lua_pushinteger(L, month);
    else if (strcmp(field, "day") == 0)
        lua_pushinteger(L, day);
    else if (strcmp(field, "weekday") == 0) /* 1 is Monday; 1970-01-01 was a Thursday */
        lua_pushinteger(L, days + 3 - 7 * floor_div(days + 3, 7) + 1);
    else if (strcmp(field, "iso") == 0)
        lua_pushcfunction(L, time_iso);
    else
        return false;
    return true;
}

static int time_index(lua_State *L)
{
    static const char *const fields[] = { "year", "month", "day", "weekday", "iso", "hour",
                                          "minute", "second", "microsecond", "date", "timestamp" };
    enum orch_type type = ORCH_TYPE_DATE;
    int64_t value = 0;
    const char *field = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "?";

    if (!orch_lua_get_time(L, 1, &type, &value))
        return luaL_argerror(L, 1, "date or timestamp expected");
    if (type == ORCH_TYPE_DATE) {
        if (push_day_field(L, field, value))
            return 1;
        if (strcmp(field, "timestamp") == 0) {
            lua_pushcfunction(L, time_to_timestamp);
            return 1;
        }
        return orch_lua_raise_nearest(L, field, fields, 5, "a date has no \"%s\"", field);
    }
    int64_t days = floor_div(value, DAY_US);
    if (push_day_field(L, field, days) || push_clock_field(L, field, value - days * DAY_US))
        return 1;
    return orch_lua_raise_nearest(L, field, fields, 10, "a timestamp has no \"%s\"", field);
}

/* Both operands of a comparison, of one type. */
static void both(lua_State *L, const char *verb, int64_t *a, int64_t *b)
{
    enum orch_type left, right;

    if (!orch_lua_get_time(L, 1, &left, a) || !orch_lua_get_time(L, 2, &right, b) ||
        left != right)
        orch_lua_raise(L, "make both dates or both timestamps: at:date(), day:timestamp()",
                       "cannot %s %s and %s", verb, orch_lua_what(L, 1), orch_lua_what(L, 2));
}

static int time_eq(lua_State *L)
{
    enum orch_type left, right;
    int64_t a = 0, b = 0;

    lua_pushboolean(L, orch_lua_get_time(L, 1, &left, &a) && orch_lua_get_time(L, 2, &right, &b) &&
                           left == right && a == b);
    return 1;
}

static int time_lt(lua_State *L)
{
    int64_t a = 0, b = 0;

    both(L, "compare", &a, &b);
    lua_pushboolean(L, a < b);
    return 1;
}

static int time_le(lua_State *L)
{
    int64_t a = 0, b = 0;

    both(L, "compare", &a, &b);
    lua_pushboolean(L, a <= b);
    return 1;
}

/* Adds days to a date, seconds to a timestamp; the value is on the stack at `at`. */
static int shift(lua_State *L, int at, int by, double sign)
{
    enum orch_type type = ORCH_TYPE_DATE;
    int64_t value = 0;
    double amount;

    if (!orch_lua_get_time(L, at, &type, &value) || lua_type(L, by) != LUA_TNUMBER)
        orch_lua_raise(L, "add days to a date, seconds to a timestamp", "cannot add %s and %s",
                       orch_lua_what(L, 1), orch_lua_what(L, 2));
    amount = sign * lua_tonumber(L, by);
    if (!(fabs(amount) < 4e11))
        orch_lua_raise(L, NULL, "%g is too large a step in time", amount);
    if (type == ORCH_TYPE_TIMESTAMP)
        return push_checked_timestamp(L, value + llround(amount * 1e6));
    if (amount != floor(amount))
        orch_lua_raise(L, NULL, "a date moves by whole days, not %g", amount);
    return push_checked_date(L, value + (int64_t)amount);
}

static int time_add(lua_State *L)
{
    return luaL_testudata(L, 1, ORCH_LUA_DATE) || luaL_testudata(L, 1, ORCH_LUA_TIMESTAMP)
               ? shift(L, 1, 2, 1)
               : shift(L, 2, 1, 1);
}

static int time_sub(lua_State *L)
{
    int64_t a = 0, b = 0;

    if (lua_type(L, 2) == LUA_TNUMBER)
        return shift(L, 1, 2, -1);
    both(L, "subtract", &a, &b);
    if (luaL_testudata(L, 1, ORCH_LUA_DATE))
        lua_pushinteger(L, a - b);
    else
        lua_pushnumber(L, (double)(a - b) / 1e6);
    return 1;
}

void orch_lua_time_open(lua_State *L)
{
    static const luaL_Reg methods[] = {
        { "__index", time_index }, { "__eq", time_eq },       { "__lt", time_lt },
        { "__le", time_le },       { "__add", time_add },     { "__sub", time_sub },
        { "__tostring", time_iso }, { NULL, NULL },
    };
    static const char *const types[] = { ORCH_LUA_DATE, ORCH_LUA_TIMESTAMP };

    for (int i = 0; i < 2; i++) {
        luaL_newmetatable(L, types[i]);
        luaL_setfuncs(L, methods, 0);
        lua_pushboolean(L, false);
        lua_setfield(L, -2, "__metatable");
        lua_pop(L, 1);
    }
    lua_pushcfunction(L, date_new);
    lua_setfield(L, -2, "date");
    lua_pushcfunction(L, timestamp_new);
    lua_setfield(L, -2, "timestamp");
}
