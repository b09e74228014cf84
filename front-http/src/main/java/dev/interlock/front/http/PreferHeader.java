package dev.interlock.front.http;

import static dev.interlock.front.http.UnreadableRequestException.refused;

import dev.interlock.action.Header;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Reads the {@code Prefer} fields of a request (RFC 7240) that address the gateway. The others belong to the upstream.
 */
final class PreferHeader {

    /** Maximum wait: longer than most people take, and shorter than network devices keep a silent connection. */
    static final Duration LONGEST_WAIT = Duration.ofMinutes(5);

    private static final String PREFER = "prefer";

    /** RFC 7240 §4.3: {@code delta-seconds}. A quoted string may stand for a token, as everywhere in this RFC. */
    private static final Pattern WAIT =
            Pattern.compile("wait\\s*=\\s*(?:([0-9]+)|\"([0-9]+)\")\\s*(?:;.*)?", Pattern.CASE_INSENSITIVE);

    /** What only the gateway heeds, whatever its value: it waits, and nobody else does (RFC 7240 §4.1, §4.3). */
    private static final Pattern WAITING =
            Pattern.compile("(?:wait|respond-async)(?![^\\s=;]).*", Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

    /** One preference. A comma in a quoted string does not end it. Possessive, so that matching uses no stack. */
    private static final Pattern ONE = Pattern.compile("(?:[^,\"]++|\"(?:[^\"\\\\]++|\\\\.)*+\"?+)++");

    private PreferHeader() {}

    /**
     * Returns the time that the request waits for people, if they are asked. It is the first of several (RFC 7240
     * §4.3), and at most {@link #LONGEST_WAIT}. Zero if the request does not say. A value that cannot be read is
     * ignored, as §2 says, and the answer then comes at once.
     */
    static Duration wait(RequestHead head) {
        return head.values(PREFER).stream()
                .flatMap(PreferHeader::each)
                .map(WAIT::matcher)
                .filter(Matcher::matches)
                .findFirst()
                .map(wait -> wait.group(1) == null ? wait.group(2) : wait.group(1))
                .map(PreferHeader::seconds)
                .orElse(Duration.ZERO);
    }

    private static Duration seconds(String digits) {
        Duration wait = digits.length() > 9 ? LONGEST_WAIT : Duration.ofSeconds(Long.parseLong(digits));
        return wait.compareTo(LONGEST_WAIT) > 0 ? LONGEST_WAIT : wait;
    }

    /** Returns the field that confirms the wait, if {@code applied} is not zero. */
    static List<Header> applied(Duration applied) {
        return applied.isZero() ? List.of() : List.of(new Header("preference-applied", "wait=" + applied.toSeconds()));
    }

    /** Returns the fields of a call without preferences for the gateway: they must not make another call of it. */
    static List<Header> ofCall(List<Header> headers) {
        List<Header> others = new ArrayList<>();
        for (Header header : headers) {
            if (!header.name().equals(PREFER)) {
                others.add(header);
                continue;
            }
            String rest = each(header.value())
                    .filter(one -> !WAITING.matcher(one).matches() && !isDryRun(one))
                    .collect(Collectors.joining(", "));
            if (!rest.isEmpty()) {
                others.add(new Header(PREFER, rest));
            }
        }
        return others;
    }

    private static Stream<String> each(String value) {
        return ONE.matcher(value).results().map(one -> one.group().strip()).filter(one -> !one.isEmpty());
    }

    private static boolean isDryRun(String preference) {
        return preference.replaceAll("[\\s\"]", "").equalsIgnoreCase("handling=dry-run");
    }

    /**
     * Returns whether only the verdict is asked for. Throws for another handling: a misspelt dry run is no real call.
     */
    static boolean isDryRun(RequestHead head) throws UnreadableRequestException {
        List<String> handlings = head.values(PREFER).stream()
                .flatMap(value -> List.of(value.split("[,;]", -1)).stream())
                .map(preference -> preference.replaceAll("[\\s\"]", "").toLowerCase(Locale.ROOT))
                .filter(preference -> preference.startsWith("handling"))
                .toList();
        return switch (handlings.size() > 1 ? "several" : handlings.isEmpty() ? "none" : handlings.getFirst()) {
            case "handling=dry-run" -> true;
            case "none", "handling=strict", "handling=lenient" -> false; // the RFC's own two are for the upstream
            default -> throw refused(FrontRefusals.HANDLING);
        };
    }
}
