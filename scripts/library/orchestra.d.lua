---@meta orchestra
-- SPDX-License-Identifier: Apache-2.0
-- Types of all that a pipeline script may call, for editors (LuaCATS). Never run.
-- The manual is docs/lua.md; a test compares this file with what the program offers.

---A column expression: what a value is made of, for all rows.
---@class Expression
---@operator add(Value): Expression
---@operator sub(Value): Expression
---@operator mul(Value): Expression
---@operator div(Value): Expression
---@operator idiv(Value): Expression
---@operator mod(Value): Expression
---@operator concat(Value): Expression
---@operator band(Value): Expression
---@operator bor(Value): Expression
---@operator unm: Expression
---@operator bnot: Expression
local Expression = {}

---What may stand where an operation takes a value.
---@alias Value Expression|string|number|boolean|Date|Timestamp|nil
---@alias Literal string|number|boolean|Date|Timestamp
---@alias Type "boolean"|"integer"|"number"|"text"|"date"|"timestamp"|"binary"

---A step of a pipeline: o.select, o.where, o.each.
---@class Step
---o.source.NAME { … }
---@class Source
---o.destination.NAME { … }
---@class Destination
---What a script returns.
---@class Pipeline

-- Text ----------------------------------------------------------------------------------------

---Without white space at both ends.
---@return Expression
function Expression:trim() end

---Trimmed, and every run of white space one blank.
---@return Expression
function Expression:squeeze() end

---In capital letters.
---@return Expression
function Expression:upper() end

---In small letters.
---@return Expression
function Expression:lower() end

---An empty value in place of a blank text.
---@return Expression
function Expression:empty_null() end

---The number of characters.
---@return Expression
function Expression:length() end

---Does it begin with this text?
---@param text string
---@return Expression
function Expression:starts(text) end

---Does it end with this text?
---@param text string
---@return Expression
function Expression:ends(text) end

---Is this text somewhere in it?
---@param text string
---@return Expression
function Expression:contains(text) end

---Any value as text: dates as 2026-01-31, instants in UTC.
---@return Expression
function Expression:text() end

---The characters from one place to another, from 1; -1 is the last.
---@param first integer
---@param last? integer
---@return Expression
function Expression:sub(first, last) end

---The n-th part between separators, or an empty value.
---@param separator string
---@param n integer
---@return Expression
function Expression:split_part(separator, n) end

---Another text in place of every occurrence of one.
---@param text string
---@param with string
---@return Expression
function Expression:replace(text, with) end

---Filled up to a number of characters.
---@param length integer
---@param fill? string
---@param side? "left"|"right"
---@return Expression
function Expression:pad(length, fill, side) end

---Joined with other texts.
---@param value Value
---@param ... Value
---@return Expression
function Expression:concat(value, ...) end

---A code of exactly n digits, zeros added before a shorter one; else a failure.
---@param n integer
---@return Expression
function Expression:digits(n) end

-- Regular expressions (PCRE2) -----------------------------------------------------------------

---Does the regular expression match somewhere in it?
---@param pattern string
---@return Expression
function Expression:match(pattern) end

---What a group matched, or an empty value; the first group by default, 0 is the whole match.
---@param pattern string
---@param group? integer|string
---@return Expression
function Expression:extract(pattern, group) end

---A replacement ($1, ${name}) for every match.
---@param pattern string
---@param with string
---@return Expression
function Expression:gsub(pattern, with) end

-- Conversions ---------------------------------------------------------------------------------

---@class IntegerOptions
---@field thousands? string|string[] marks between groups of three digits; "space" is every kind of blank
---@field unit? string|string[] what may stand behind the number
---@field accounting? boolean "(12)" is -12

---@class NumberOptions: IntegerOptions
---@field decimal? "."|","|"auto"
---@field scientific? boolean "1e3" is a number

---@class BooleanOptions
---@field yes? (string|integer)[] words instead of the known ones
---@field no? (string|integer)[]

---@class TimestampOptions
---@field ambiguous? "reject"|"first"|"second"|"sequence" a time that occurs twice in autumn

---Text, or a whole number, as an integer; a failure when it is none.
---@param options? IntegerOptions
---@return Expression
function Expression:integer(options) end

---Text, or an integer, as a number; a failure when it is none.
---@param options? NumberOptions
---@return Expression
function Expression:number(options) end

---Words, or 0 and 1, as a boolean; a failure when they are none.
---@param options? BooleanOptions
---@return Expression
function Expression:boolean(options) end

---Text by a format (default "%Y-%m-%d"), or a timestamp by a zone, as a date.
---@param format_or_zone? string
---@return Expression
function Expression:date(format_or_zone) end

---Text by a format (default ISO 8601) as an instant; without an offset the zone is needed.
---@param format? string
---@param zone? string
---@param options? TimestampOptions
---@return Expression
---@overload fun(self: Expression, options: TimestampOptions): Expression
function Expression:timestamp(format, zone, options) end

-- Dates and times -----------------------------------------------------------------------------

---@param zone? string of a timestamp; default UTC
---@return Expression
function Expression:year(zone) end

---1 to 12.
---@param zone? string of a timestamp; default UTC
---@return Expression
function Expression:month(zone) end

---1 to 31.
---@param zone? string of a timestamp; default UTC
---@return Expression
function Expression:day(zone) end

---0 to 23.
---@param zone? string default UTC
---@return Expression
function Expression:hour(zone) end

---0 to 59.
---@param zone? string default UTC
---@return Expression
function Expression:minute(zone) end

---1 is Monday, 7 is Sunday.
---@param zone? string of a timestamp; default UTC
---@return Expression
function Expression:weekday(zone) end

---The start of the "15 minutes", "1 day" … that a timestamp falls in; of a number the integer below.
---@param step? string
---@param zone? string default UTC
---@return Expression
function Expression:floor(step, zone) end

---A count of units later: of a timestamp seconds, minutes, hours, days; of a date days, months, years.
---@param count Value
---@param unit "seconds"|"minutes"|"hours"|"days"|"months"|"years"
---@return Expression
function Expression:shift(count, unit) end

---Minutes from this timestamp to another one.
---@param other Value
---@return Expression
function Expression:minutes_between(other) end

---Seconds from this timestamp to another one.
---@param other Value
---@return Expression
function Expression:seconds_between(other) end

---A date, or a timestamp in a zone, as text by a format.
---@param format string
---@param zone? string default UTC
---@return Expression
function Expression:format_time(format, zone) end

-- Numbers -------------------------------------------------------------------------------------

---a + b
---@param other Value
---@return Expression
function Expression:add(other) end

---a - b
---@param other Value
---@return Expression
function Expression:subtract(other) end

---a * b
---@param other Value
---@return Expression
function Expression:multiply(other) end

---a / b, always a number
---@param other Value
---@return Expression
function Expression:divide(other) end

---a // b, rounded down
---@param other Value
---@return Expression
function Expression:floor_divide(other) end

---a % b, with the sign of b
---@param other Value
---@return Expression
function Expression:modulo(other) end

---With the other sign.
---@return Expression
function Expression:negate() end

---Without its sign.
---@return Expression
function Expression:abs() end

---Rounded to n decimals, a half away from zero.
---@param decimals? integer
---@return Expression
function Expression:round(decimals) end

---The integer above.
---@return Expression
function Expression:ceil() end

---Without its decimals, as an integer.
---@return Expression
function Expression:integer_part() end

---The greatest of several values.
---@param value Value
---@param ... Value
---@return Expression
function Expression:greatest(value, ...) end

---The least of several values.
---@param value Value
---@param ... Value
---@return Expression
function Expression:least(value, ...) end

-- Comparisons, constraints, choices -----------------------------------------------------------

---@param other Value
---@return Expression
function Expression:eq(other) end

---@param other Value
---@return Expression
function Expression:ne(other) end

---@param other Value
---@return Expression
function Expression:lt(other) end

---@param other Value
---@return Expression
function Expression:le(other) end

---@param other Value
---@return Expression
function Expression:gt(other) end

---@param other Value
---@return Expression
function Expression:ge(other) end

---Constraint: the value, which fails outside the two bounds.
---@param low Value
---@param high Value
---@return Expression
function Expression:between(low, high) end

---Question: does it lie between the two, or is it one of them?
---@param low Value
---@param high Value
---@return Expression
function Expression:is_between(low, high) end

---Constraint: the value, which fails when it is not in the list.
---@param list Literal[]
---@return Expression
function Expression:one_of(list) end

---Question: is it in the list?
---@param list Literal[]
---@return Expression
function Expression:is_in(list) end

---Is there no value?
---@return Expression
function Expression:is_null() end

---Constraint: the value, which fails when it is empty.
---@return Expression
function Expression:required() end

---Another value in place of one that is empty or failed.
---@param value Value
---@return Expression
function Expression:default(value) end

---An empty value in place of one that failed.
---@return Expression
function Expression:or_null() end

---What the table has for it; a failure when it has nothing.
---@param table table<string|integer, Literal>
---@return Expression
function Expression:map(table) end

---A keyed hash of an identifier.
---@param options { key: string, length?: integer } the key as "${env:NAME}" or "${file:PATH}"
---@return Expression
function Expression:pseudonym(options) end

-- Dates and timestamps of row functions -------------------------------------------------------

---@class Date
---@field year integer
---@field month integer
---@field day integer
---@field weekday integer 1 is Monday
---@operator add(integer): Date
---@operator sub(integer): Date
---@operator sub(Date): integer
local Date = {}

---"2024-03-31"
---@return string
function Date:iso() end

---Midnight UTC.
---@return Timestamp
function Date:timestamp() end

---An instant; its fields are those of UTC.
---@class Timestamp
---@field year integer
---@field month integer
---@field day integer
---@field weekday integer 1 is Monday
---@field hour integer
---@field minute integer
---@field second integer
---@field microsecond integer
---@operator add(number): Timestamp
---@operator sub(number): Timestamp
---@operator sub(Timestamp): number
local Timestamp = {}

---"2024-03-31T01:00:00Z"
---@return string
function Timestamp:iso() end

---The day in UTC.
---@return Date
function Timestamp:date() end

-- The module ----------------------------------------------------------------------------------

---@class orchestra
local orchestra = {}

---Columns by name: col.NAME, col["any name"].
---@type table<string, Expression>
orchestra.column = {}

---Connectors to read from: o.source.csv { path = … }
---@type table<string, fun(settings?: table): Source>
orchestra.source = {}

---Connectors to write to: o.destination.postgres { table = …, mode = …, key = … }
---@type table<string, fun(settings?: table): Destination>
orchestra.destination = {}

---The table of the territory file, read-only; o.territory(key, default) for what may be missing.
---@type table<string, any>|fun(key: string, default?: any): any
orchestra.territory = {}

---@class PipelineFields
---@field name string letters, digits, dots, underscores, hyphens
---@field title? string
---@field source Source
---@field steps? Step[]
---@field destination Destination
---@field mode? "append"|"replace"|"upsert"
---@field key? string|string[]
---@field allow_empty? boolean
---@field max_rejects? integer|string a number of rows, or "0.5 %"

---What the script returns.
---@param fields PipelineFields
---@return Pipeline
function orchestra.pipeline(fields) end

---The outputs of the rows: { name = value }, or pairs { "name", value } to give them an order.
---@param outputs table<string, Value>|{ [1]: string, [2]: Value }[]
---@return Step
function orchestra.select(outputs) end

---Keeps the rows whose condition is true.
---@param condition Expression
---@return Step
function orchestra.where(condition) end

---A Lua function per row. With emit = true among the arguments it gets emit(...) first.
---@param arguments (string|Expression)[]|{ emit?: boolean }
---@param row fun(...): ...
---@param outputs table<string, Type>|{ [1]: string, [2]: Type }[]
---@return Step
function orchestra.each(arguments, row, outputs) end

---Inside a row function: rejects the row.
---@param message string
function orchestra.reject(message) end

---The value behind the first condition that is true: condition, value, …, otherwise.
---@param condition Expression
---@param value Value
---@param ... Value
---@return Expression
function orchestra.case(condition, value, ...) end

---A literal as an expression.
---@param literal Literal|nil
---@return Expression
function orchestra.value(literal) end

---Are all conditions true?
---@param condition Expression
---@param ... Expression
---@return Expression
function orchestra.all(condition, ...) end

---Is one of the conditions true?
---@param condition Expression
---@param ... Expression
---@return Expression
function orchestra.any(condition, ...) end

---A value of the command line, --param name=value, of the type of its default.
---@generic T: string|number|boolean
---@param name string
---@param default? T
---@return T
function orchestra.param(name, default) end

---@param year integer
---@param month integer
---@param day integer
---@return Date
---@overload fun(iso: string): Date
function orchestra.date(year, month, day) end

---In UTC.
---@param year integer
---@param month integer
---@param day integer
---@param hour? integer
---@param minute? integer
---@param second? number
---@return Timestamp
---@overload fun(iso: string): Timestamp
function orchestra.timestamp(year, month, day, hour, minute, second) end

return orchestra
