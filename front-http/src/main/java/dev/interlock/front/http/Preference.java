package dev.interlock.front.http;

import static dev.interlock.front.http.UnreadableException.refused;

import dev.interlock.action.Header;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What a request's {@code Prefer} fields (RFC 7240) ask of us; the rest of them is the upstream's matter. */
final class Preference {

    /** Longer than most people take, shorter than what lies on the way keeps a silent connection. */
    static final Duration LONGEST_WAIT = Duration.ofMinutes(5);

    private static final String PREFER = "prefer";
    private static final String HANDLING = "handling";

    /** RFC 7240 §4.3: {@code delta-seconds}, and as anywhere in it a quoted string for a token. */
    private static final Pattern WAIT =
            Pattern.compile("wait\\s*=\\s*(?:([0-9]+)|\"([0-9]+)\")\\s*(?:;.*)?", Pattern.CASE_INSENSITIVE);

    /** One preference with its parameters; a comma in a quoted string ends none. Possessive: it takes no stack. */
    private static final Pattern ONE = Pattern.compile("(?:[^,\"]++|\"(?:[^\"\\\\]++|\\\\.)*+\"?+)++");

    /** The RFC's own two. */
    private static final Set<String> OF_THE_UPSTREAM = Set.of("strict", "lenient");

    private Preference() {}

    /**
     * How long the request waits for people, should they be asked: RFC 7240 §4.3, the first of several, and no longer
     * than {@link #LONGEST_WAIT}. Zero if it does not say; what cannot be read says nothing, as §2 has it, and the
     * answer then comes at once.
     */
    static Duration wait(RequestHead head) {
        return head.values(PREFER).stream()
                .flatMap(Preference::each)
                .map(WAIT::matcher)
                .filter(Matcher::matches)
                .findFirst()
                .map(wait -> wait.group(1) == null ? wait.group(2) : wait.group(1))
                .map(Preference::seconds)
                .orElse(Duration.ZERO);
    }

    private static Duration seconds(String digits) {
        boolean many = digits.length() > 9;
        Duration wait = many ? LONGEST_WAIT : Duration.ofSeconds(Long.parseLong(digits));
        return wait.compareTo(LONGEST_WAIT) > 0 ? LONGEST_WAIT : wait;
    }

    /** That wait was honoured, if {@code applied} is not zero. */
    static List<Header> applied(Duration applied) {
        return applied.isZero() ? List.of() : List.of(new Header("preference-applied", "wait=" + applied.toSeconds()));
    }

    /**
     * The fields of a call without what was asked of us: how long an agent waits, or that it did not mean it, must not
     * make another call of the same one.
     */
    static List<Header> ofCall(List<Header> headers) {
        List<Header> others = new ArrayList<>();
        for (Header header : headers) {
            if (!header.name().equals(PREFER)) {
                others.add(header);
                continue;
            }
            String rest = each(header.value())
                    .filter(one -> !WAIT.matcher(one).matches() && !isDryRun(one))
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
     * Whether only the verdict is asked for.
     *
     * @throws UnreadableException if the handling that is preferred is not one that is known: whoever misspells a dry
     *     run must not get the real one
     */
    static boolean isDryRun(RequestHead head) throws UnreadableException {
        List<String> handlings = head.values("prefer").stream()
                .flatMap(value -> List.of(value.split("[,;]", -1)).stream())
                .map(preference -> preference.replaceAll("[\\s\"]", "").toLowerCase(Locale.ROOT))
                .filter(preference -> preference.startsWith(HANDLING))
                .map(preference -> preference.substring(HANDLING.length()))
                .toList();
        if (handlings.isEmpty()) {
            return false;
        }
        String handling = handlings.getFirst();
        if (handlings.size() == 1 && handling.equals("=dry-run")) {
            return true;
        }
        if (handlings.size() == 1 && handling.startsWith("=") && OF_THE_UPSTREAM.contains(handling.substring(1))) {
            return false;
        }
        throw refused(
                "The request prefers a handling that is not known here.",
                "Prefer `handling=dry-run` to learn the verdict, or leave the preference out.");
    }
}
