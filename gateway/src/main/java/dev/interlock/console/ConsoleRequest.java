package dev.interlock.console;

import dev.interlock.admin.CommandRunner;
import dev.interlock.adminapi.Acted;
import dev.interlock.adminapi.AgentQuestion;
import dev.interlock.adminapi.Question;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import java.time.ZoneId;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A request that passed all checks of {@link ConsoleHandler}.
 *
 * @param id the path segment that matched the star of the route; empty if the route has none
 * @param fields the fields of the query, or of the form
 * @param session the session of the person who asks; empty where nobody needs to be signed in
 * @param cookie the session cookie as the browser sent it, for answers that last longer than a request
 * @param bindings the bindings that the browser stored for a sign-in at the provider; others may have planted some
 * @param browser the browser's own description of itself
 * @param address the client's address
 * @param zone the time zone that the browser names; UTC if it names none
 * @param commands the commands that can be run
 */
record ConsoleRequest(
        String id,
        Map<String, String> fields,
        Optional<Sessions.Session> session,
        String cookie,
        List<String> bindings,
        String browser,
        String address,
        ZoneId zone,
        CommandRunner commands) {

    ConsoleRequest {
        fields = Map.copyOf(fields);
        bindings = List.copyOf(bindings);
    }

    /** Returns the field {@code name}, or empty if it is missing or blank. */
    Optional<String> field(String name) {
        return Optional.ofNullable(fields.get(name)).map(String::strip).filter(value -> !value.isEmpty());
    }

    Sessions.Session signedIn() {
        return session.orElseThrow(() -> new IllegalStateException("a route without session asks for one"));
    }

    /** Returns the person whose passkey has to sign; refused if that is not known. */
    String signer() throws AdminRefusedException {
        return signedIn()
                .peer()
                .person()
                .orElseThrow(() -> new AdminRefusedException(
                        "not_entitled",
                        "A code lets you view and deny; to approve you need a passkey.",
                        "Sign in with your passkey, or sign in a terminal."));
    }

    <A extends Record> A ask(Question<A> question) throws AdminRefusedException {
        return commands.ask(signedIn().peer(), question);
    }

    /** Returns people's names of those {@code resources} that have one. */
    Map<String, String> names(Collection<String> resources) throws AdminRefusedException {
        return ask(new AgentQuestion.FindNames(Set.copyOf(resources))).names();
    }

    /** Asks for what takes effect at once, then redirects to {@code path}; first to a notice if it is not recorded. */
    <A extends Record & Acted> ConsoleAnswer act(Question<A> question, String path) throws AdminRefusedException {
        return ConsoleAnswer.to(ask(question).recorded() ? path : "/unrecorded");
    }

    Json signature() {
        return new Json.Text(fields.getOrDefault("signature", ""));
    }
}
