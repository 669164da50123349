// Writes protobuf from the tables that the generator made of the schema. Bytes are kept in a string, a character each:
// old televisions have that, a length is its length, and base64 takes it as it is.
//
// Fields are said once, "name:number type reference shape required oneof":
//   articleId:s!  section:s?  at:7t?  teaser:m3?  tags:s*  counts:i+  byDay:i{s  url:9s?~1!
// The number is left out where it is the one before plus one. A message is "event|" and a character per field, whose
// place in the list is its code less 35; the codes of the backslash, and from 127 to 160, are passed over.
//
//   i int32  u uint32  z sint32  q sfixed32  x fixed32  l int64  k uint64  c sint64  r sfixed64  w fixed64
//   e enum  b bool  s text  y bytes  m message  g group; of other files, where the schema has them:
//   d double  f float  t Timestamp  n Duration  o Struct  v Value  a ListValue  p Any  W and a letter a wrapper
//   shapes: none implicit, ? optional, * each with its tag, + packed, { and a letter: a map with such keys

/** What a call cannot say: a word of the contract, and the field. */
export function JudiError(code, field) {
  var error = new Error(code + ": " + field);
  error.name = "JudiError";
  error.code = code;
  error.field = field;
  return error;
}

/** Ends a call with a word of the contract. */
export function fail(code) {
  throw JudiError(code, "");
}

var char = String.fromCharCode;

/** UTF-8; a lone surrogate is an error. */
export function utf8(text) {
  if (typeof text != "string") fail("invalid_value");
  try {
    return unescape(encodeURIComponent(text));
  } catch (_) {
    fail("invalid_text");
  }
}

/** A varint of two halves, each below 2^32. */
export function varint(low, high) {
  var out = "";
  for (; high || low > 127; high >>>= 7) {
    out += char((low & 127) | 128);
    low = ((low >>> 7) | (high << 25)) >>> 0;
  }
  return out + char(low);
}

/** Both halves of a whole number in two's complement; one that the type cannot hold is an error. */
export function whole(value, type) {
  var isSigned = /[ilzcqre]/.test(type);
  var isLong = /[lkcwr]/.test(type);
  var kind = typeof value;
  var text = "" + value;
  var low = 0;
  var high = 0;
  if (kind != "number" && !((kind == "string" || kind == "bigint") && text && !isNaN(text))) fail("invalid_value");
  if (!/^-?\d+$/.test(text) || (kind == "number" && Math.abs(value) > 9007199254740991)) fail("out_of_range");
  for (var at = text < "0" ? 1 : 0; at < text.length; at++) {
    low = low * 10 + +text.charAt(at);
    high = high * 10 + Math.floor(low / 4294967296);
    low %= 4294967296;
  }
  var isNegative = text < "0" && low + high > 0;
  var top = (isLong ? high : low) + isNegative * -(isLong ? !low : 1);
  if ((isNegative && !isSigned) || (!isLong && high) || top >= (isSigned ? 2147483648 : 4294967296)) fail("out_of_range");
  return isNegative ? [-low >>> 0, (~high + !low) >>> 0] : [low, high];
}

/** A scalar as it stands in a field, without tag and length. */
export function scalar(schema, type, value) {
  var own = schema.types[type];
  if (own) return own(value, 0, schema, type);
  if (type == "s") return utf8(value);
  if (type == "b") return value === !!value ? char(+value) : fail("invalid_value");
  var halves = whole(value, type);
  return varint(halves[0], halves[1]);
}

/** A field: its tag, its length where it has one, its bytes. */
export function field(number, type, bytes) {
  var wire = /^[ilukzcbe]/.test(type) ? 0 : /^[dwr]/.test(type) ? 1 : /^[fxq]/.test(type) ? 5 : type == "g" ? 3 : 2;
  return (
    varint(number * 8 + wire, 0) +
    (wire == 2 ? varint(bytes.length, 0) : "") +
    bytes +
    (wire == 3 ? varint(number * 8 + 4, 0) : "")
  );
}

/** A field that is left out where it is zero; of floats -0 is none. */
export function implicit(schema, number, type, value) {
  var bytes = scalar(schema, type, value);
  return (/[sy]/.test(type) ? bytes : /[^\0]/.test(bytes)) ? field(number, type, bytes) : "";
}

/** A message's string as [name, number, type, reference, shape, key, required, oneof, one of it required]. */
function fieldsOf(schema, index) {
  var known = schema.known || (schema.known = {});
  var number = 0;
  if (!known[index]) {
    known[index] = schema.messages[index]
      .replace(/.*?\|/, "")
      .split("")
      .map(function (place) {
        place = place.charCodeAt(0);
        var it = /(.+):(\d*)(W?\w)(\d*)([?*+]|{(.)|)(!?)~?(\d*)(!?)/.exec(schema.fields[place - 35 - (place > 91) - (place > 126) * 34]).slice(1);
        it[1] = number = +it[1] || number + 1;
        return it;
      });
  }
  return known[index];
}

/** A value of any type without tag and length, in a message of the level `depth`. */
export function content(schema, type, reference, value, depth) {
  var own = schema.types[type.charAt(0)];
  return /[mg]/.test(type)
    ? message(schema, reference, value, depth + 1)
    : own
      ? own(value, level(depth + 1), schema, type)
      : scalar(schema, type, value);
}

/** The level of a message in a message; too many are an error. */
export function level(depth) {
  return depth > 100 ? fail("too_deep") : depth;
}

function written(schema, it, value, depth) {
  var number = it[1];
  var type = it[2];
  var shape = it[4];
  if (it[5]) return schema.types["{"](value, depth, schema, it);
  if (!shape) return implicit(schema, number, type, value);
  if (shape == "?") return field(number, type, content(schema, type, it[3], value, depth));
  if (typeof value != "object" || !(value.length >= 0)) fail("invalid_value");
  var out = "";
  for (var at = 0; at < value.length; at++) {
    var bytes = content(schema, type, it[3], value[at], depth);
    out += shape == "+" ? bytes : field(number, type, bytes);
  }
  return shape == "+" && out ? field(number, "m", out) : out;
}

function message(schema, index, value, depth) {
  var out = "";
  var chosen = {};
  var needed = {};
  level(depth);
  if (typeof value != "object" || !value || Array.isArray(value)) fail("invalid_value");
  fieldsOf(schema, index).forEach(function (it) {
    var given = value[it[0]];
    var oneof = it[7];
    try {
      if (it[8]) needed[oneof] = it[0];
      // A Value may be null, and is set then.
      var isSet = it[2] == "v" ? given !== undefined : given != null && given !== Object.prototype[it[0]];
      if (isSet && oneof) {
        if (chosen[oneof]) fail("invalid_value");
        chosen[oneof] = 1;
      }
      var bytes = isSet ? written(schema, it, given, depth) : "";
      if (it[6] && !bytes) fail("missing_required");
      out += bytes;
    } catch (error) {
      throw error.code ? JudiError(error.code, it[0] + (error.field && "." + error.field)) : error;
    }
  });
  for (var oneof in needed) if (!chosen[oneof]) throw JudiError("missing_required", needed[oneof]);
  return out;
}

/** The event's message as a string of bytes. */
export function encode(schema, index, value) {
  return message(schema, index, value, 1);
}

/** `article_view` is `articleView`. */
export function camel(name) {
  return name.replace(/_(.)/g, function (_, letter) {
    return letter.toUpperCase();
  });
}

/** A tracker's methods, one per event, by the tables: each gives its event's name and bytes to `send`. */
export function methods(schema, target, send) {
  schema.messages.forEach(function (text, index) {
    var name = /^(\w+)=?(\w*)\|/.exec(text);
    if (!name) return;
    target[name[2] || camel(name[1])] = function (fields) {
      return send(name[1], encode(schema, index, fields || {}), fields);
    };
  });
  return target;
}
