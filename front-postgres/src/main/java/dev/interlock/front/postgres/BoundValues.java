package dev.interlock.front.postgres;

import dev.interlock.evidence.Json;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The values that a client binds to a prepared statement, as people see them and sign for them. A driver sends the same
 * number as text at first and in binary later: both read alike.
 */
final class BoundValues {

    private static final Pattern NUMBER = Pattern.compile("0|-?[1-9][0-9]{0,17}");
    private static final int INT2 = 21;
    private static final int INT4 = 23;
    private static final int INT8 = 20;

    private BoundValues() {}

    /** Reads what follows the statement's name in a Bind message. {@code types} are those that its Parse declared. */
    static Json.Members read(PayloadReader fields, List<Integer> types) throws ProtocolException {
        List<Integer> formats = numbers(fields, true);
        Json.Members values = Json.object();
        int count = fields.int16();
        for (int i = 0; i < count; i++) {
            int format = formats.isEmpty() ? 0 : formats.get(formats.size() == 1 ? 0 : index(i, formats));
            int length = fields.int32();
            String name = "$" + (i + 1);
            if (length == -1) {
                values = values.with(name, "NULL").with(name + " is null", true);
            } else {
                int type = i < types.size() ? types.get(i) : 0;
                values = format == 0
                        ? text(values, name, new PayloadReader(terminated(fields.bytes(length))).text())
                        : binary(values, name, fields.bytes(length), type);
            }
        }
        numbers(fields, true); // the formats of the answer change nothing
        fields.end();
        return values;
    }

    private static int index(int i, List<Integer> formats) throws ProtocolException {
        if (i >= formats.size()) {
            throw new ProtocolException("a value has no format");
        }
        return i;
    }

    private static byte[] terminated(byte[] value) throws ProtocolException {
        for (byte each : value) {
            if (each == 0) {
                throw new ProtocolException("a value holds the character 0");
            }
        }
        return java.util.Arrays.copyOf(value, value.length + 1);
    }

    private static Json.Members text(Json.Members values, String name, String value) {
        return NUMBER.matcher(value).matches() && isExact(value)
                ? values.with(name, Long.parseLong(value))
                : values.with(name, value);
    }

    /** Canonical JSON holds whole numbers up to 2^53. */
    private static boolean isExact(String value) {
        return Math.abs(Long.parseLong(value)) < 1L << 53;
    }

    private static Json.Members binary(Json.Members values, String name, byte[] value, int type) {
        boolean isNumber = (type == INT2 && value.length == 2)
                || (type == INT4 && value.length == 4)
                || (type == INT8 && value.length == 8);
        return isNumber
                ? text(values, name, new java.math.BigInteger(value).toString())
                : values.with(name, "\\x" + HexFormat.of().formatHex(value));
    }

    private static List<Integer> numbers(PayloadReader fields, boolean areShort) throws ProtocolException {
        List<Integer> all = new ArrayList<>();
        for (int left = fields.int16(); left > 0; left--) {
            all.add(areShort ? fields.int16() : fields.int32());
        }
        return all;
    }

    /** Reads the types that a Parse message declares. */
    static List<Integer> types(PayloadReader fields) throws ProtocolException {
        List<Integer> all = numbers(fields, false);
        fields.end();
        return all;
    }
}
