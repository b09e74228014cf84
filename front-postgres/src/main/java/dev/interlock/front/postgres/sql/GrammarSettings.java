package dev.interlock.front.postgres.sql;

import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The settings under which a server reads a text as the grammar here does. Every session starts with them, so a role's
 * or a database's own values do not count, and {@code RESET} leads back to them.
 *
 * <p>From PostgreSQL's {@code scan.l}, {@code parse_expr.c} and {@code arrayfuncs.c}; each is known to every supported
 * version. {@code quote_all_identifiers} and {@code escape_string_warning} change no meaning.
 * {@code plpgsql.variable_conflict} decides between a variable and a column, and never which tables a body names.
 */
public final class GrammarSettings {

    private static final Map<String, String> REQUIRED = Map.of(
            "client_encoding", "UTF8",
            "standard_conforming_strings", "on",
            "backslash_quote", "safe_encoding",
            "transform_null_equals", "off",
            "array_nulls", "on");

    /** Those whose values a server says when a session starts, and when they change. */
    public static final Set<String> REPORTED = Set.of("client_encoding", "standard_conforming_strings");

    private GrammarSettings() {}

    /** Returns {@code settings} with the required ones, whatever they say of these. */
    public static Map<String, String> require(Map<String, String> settings) {
        Map<String, String> all = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        all.putAll(settings);
        all.putAll(REQUIRED);
        return all;
    }

    /** Returns whether {@code setting} changes what a text means. */
    static boolean has(String setting) {
        return REQUIRED.containsKey(setting.toLowerCase(Locale.ROOT));
    }

    /** Returns whether {@code setting} may have this value, as SQL and greetings spell it. */
    public static boolean permits(String setting, String value) {
        String lower = value.toLowerCase(Locale.ROOT);
        return switch (setting.toLowerCase(Locale.ROOT)) {
            case "client_encoding" -> Set.of("utf8", "unicode").contains(lower.replaceAll("[-_']", ""));
            case "standard_conforming_strings", "array_nulls" -> lower.equals("on");
            case "transform_null_equals" -> lower.equals("off");
            case "backslash_quote" -> lower.equals("safe_encoding");
            default -> true;
        };
    }
}
