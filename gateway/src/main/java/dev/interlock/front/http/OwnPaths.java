package dev.interlock.front.http;

import static dev.interlock.front.http.UnreadableException.refused;

import java.util.List;
import java.util.Locale;

/**
 * What the gateway itself answers, below a path that no upstream's name can take. An agent reaches it as it reaches
 * every upstream, and from a sandbox it reaches nothing else.
 */
final class OwnPaths {

    private static final String ROOT = "/.interlock/";
    private static final String LEASES = ROOT + "leases";

    private OwnPaths() {}

    static boolean isOwn(RequestHead head) {
        return head.target().startsWith(ROOT);
    }

    static AttemptReader.Reading read(WireRequest request, Listener listener) throws UnreadableException {
        RequestHead head = request.head();
        if (!head.target().equals(LEASES) || !head.method().equals("POST")) {
            throw refused(
                    "The gateway itself answers `POST " + LEASES + "`, and nothing else.",
                    "Post to `" + LEASES + "` there to derive a narrower lease from your own.");
        }
        if (Preference.isDryRun(head)) {
            throw refused(
                    "A lease is derived, or it is not: there is no dry run of that.",
                    "Leave the preference out to derive one.");
        }
        List<String> types = head.values("content-type");
        if (types.size() != 1 || !isJson(types.getFirst())) {
            throw refused("What the child is to have is not said in JSON.", "Send `Content-Type: application/json`.");
        }
        return new AttemptReader.Reading.Derivation(AttemptReader.presented(head, listener), request.body());
    }

    private static boolean isJson(String type) {
        return type.toLowerCase(Locale.ROOT).matches("application/json( *; *charset=\"?utf-8\"?)?");
    }
}
