package dev.interlock.action;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A request's position in a trace, as defined by <a href="https://www.w3.org/TR/trace-context/">W3C Trace Context</a>.
 * It differs from one try to the next, so it is no part of a call and of no digest. It is rewritten from its parsed
 * form; anything else is left out.
 *
 * @param trace 32 lower-case hexadecimal digits, not all zero
 * @param parent 16 lower-case hexadecimal digits, not all zero
 * @param flags 0 to 255; the lowest bit says that it is sampled
 * @param state the data of tracing systems on the path, as it is written; empty for nothing
 */
public record TraceContext(String trace, String parent, int flags, String state) {

    /** §3.2.2; of a higher version, only the fields of this one. */
    private static final Pattern PARENT = Pattern.compile(
            "(?<version>[0-9a-f]{2})-(?<trace>[0-9a-f]{32})-(?<parent>[0-9a-f]{16})-(?<flags>[0-9a-f]{2})(?<more>-.*)?");

    /** §3.3.1.3 */
    private static final Pattern MEMBER = Pattern.compile(
            "(?<key>[a-z0-9][a-z0-9_*/@-]{0,255})=[\\x20-\\x2b\\x2d-\\x3c\\x3e-\\x7e]{0,255}[\\x21-\\x2b\\x2d-\\x3c\\x3e-\\x7e]");

    private static final int MAX_MEMBERS = 32;

    /** §3.3.1.5: the length that every implementation passes on. */
    private static final int MAX_STATE = 512;

    /**
     * Reads the fields {@code traceparent} and {@code tracestate} of a request; empty if the parent is malformed. A
     * malformed state is dropped without the parent.
     */
    public static Optional<TraceContext> read(List<String> parents, List<String> states) {
        if (parents.size() != 1) {
            return Optional.empty();
        }
        Matcher parent = PARENT.matcher(parents.getFirst());
        if (!parent.matches()
                || parent.group("version").equals("ff")
                || (parent.group("version").equals("00") && parent.group("more") != null)
                || isZero(parent.group("trace"))
                || isZero(parent.group("parent"))) {
            return Optional.empty();
        }
        return Optional.of(new TraceContext(
                parent.group("trace"),
                parent.group("parent"),
                Integer.parseInt(parent.group("flags"), 16),
                state(states)));
    }

    private static String state(List<String> states) {
        Set<String> keys = new HashSet<>();
        StringBuilder state = new StringBuilder();
        for (String line : states) {
            for (String part : line.split(",", -1)) {
                String member = part.strip();
                Matcher read = MEMBER.matcher(member);
                if (member.isEmpty()) {
                    continue; // §3.3.1.1 allows it
                }
                if (!read.matches() || !keys.add(read.group("key")) || keys.size() > MAX_MEMBERS) {
                    return "";
                }
                state.append(state.isEmpty() ? "" : ",").append(member);
            }
        }
        return state.length() > MAX_STATE ? "" : state.toString();
    }

    private static boolean isZero(String hex) {
        return hex.chars().allMatch(digit -> digit == '0');
    }

    /** Returns the same trace with the span {@code id}, which is sampled, as parent. */
    public TraceContext from(String id) {
        return new TraceContext(trace, id, flags | 1, state);
    }

    /** Returns the fields to send. */
    public List<Header> headers() {
        Header parentField = new Header("traceparent", "00-" + trace + "-" + parent + "-" + hex(flags & 3));
        return state.isEmpty() ? List.of(parentField) : List.of(parentField, new Header("tracestate", state));
    }

    // Writes the flags of level 2; §3.2.2.5.4 requires zero for the others.
    private static String hex(int flags) {
        return "0" + Integer.toHexString(flags);
    }
}
