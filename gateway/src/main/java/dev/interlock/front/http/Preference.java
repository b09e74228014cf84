package dev.interlock.front.http;

import static dev.interlock.front.http.UnreadableException.refused;

import java.util.List;
import java.util.Locale;
import java.util.Set;

/** What a request's {@code Prefer} fields (RFC 7240) ask of us; the rest of them is the upstream's matter. */
final class Preference {

    private static final String HANDLING = "handling";

    /** The RFC's own two. */
    private static final Set<String> OF_THE_UPSTREAM = Set.of("strict", "lenient");

    private Preference() {}

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
