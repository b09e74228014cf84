package dev.interlock.console;

import dev.interlock.admin.CommandRunner;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A request that passed the door.
 *
 * @param id what stands for the star in the route's path; empty if it has none
 * @param fields of the query, or of the form
 * @param session whose it is; empty where nobody needs to be signed in
 * @param cookie as the browser sent it, for what goes on for longer than a request
 * @param bindings what it kept while it was somewhere else to sign in; others may have laid some of it there
 * @param browser what it says it is
 * @param address where it comes from
 * @param commands what can be asked for
 */
record Asked(
        String id,
        Map<String, String> fields,
        Optional<Sessions.Session> session,
        String cookie,
        List<String> bindings,
        String browser,
        String address,
        CommandRunner commands) {

    Asked {
        fields = Map.copyOf(fields);
        bindings = List.copyOf(bindings);
    }

    /** The field {@code name}; empty if it is missing or blank. */
    Optional<String> field(String name) {
        return Optional.ofNullable(fields.get(name)).map(String::strip).filter(value -> !value.isEmpty());
    }

    Sessions.Session signedIn() {
        return session.orElseThrow(() -> new IllegalStateException("a route without session asks for one"));
    }

    /**
     * Whose passkey is to sign.
     *
     * @throws AdminRefusedException if it is not known which person this is
     */
    String signer() throws AdminRefusedException {
        return signedIn()
                .peer()
                .person()
                .orElseThrow(() -> new AdminRefusedException(
                        "not_entitled",
                        "A code lets you view and deny; to approve you need a passkey.",
                        "Sign in with your passkey, or sign in a terminal."));
    }

    /** What {@code command} answers, in the name of who is signed in. */
    Json.Members ask(String command, Json.Members arguments) throws AdminRefusedException {
        List<Json.Members> results = new ArrayList<>();
        commands.run(signedIn().peer(), command, arguments, results::add);
        return results.getFirst();
    }

    /**
     * {@code command}, which takes effect at once, and then {@code path}; but first whoever did it hears if no receipt
     * tells of it.
     */
    Answer act(String command, Json.Members arguments, String path) throws AdminRefusedException {
        boolean unrecorded = ask(command, arguments).get("recorded").equals(Optional.of(new Json.Flag(false)));
        return Answer.to(unrecorded ? "/unrecorded" : path);
    }

    Json.Members ask(String command) throws AdminRefusedException {
        return ask(command, Json.object());
    }
}
