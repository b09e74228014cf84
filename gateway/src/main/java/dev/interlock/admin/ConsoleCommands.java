package dev.interlock.admin;

import dev.interlock.adminapi.Entitlement;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Commands about the console itself: codes that open it, and the sessions there. */
public interface ConsoleCommands extends CommandGroup {

    @Override
    default List<Command<?>> commands() {
        return List.of(
                Command.of("console.code", Entitlement.SOCKET, Set.of(), request -> {
                    Json.Members code = code(request.peer().user());
                    request.entry().record(Json.object().with("expires", code.text("expires")));
                    return code;
                }),
                Command.of("console.sessions", Entitlement.SOCKET, Set.of(), _ -> sessions()),
                // Ending sessions tightens: it takes effect first, and is recorded if that can be.
                Command.of("console.signout", Entitlement.SOCKET, Set.of("session"), request -> {
                    Optional<String> session = request.question().optionalText("session");
                    Json.Members ended =
                            Json.object().with("ended", signOut(session)).withOptional("session", session);
                    return request.entry().completed(ended, ended);
                }),
                Command.of("login.code", Entitlement.SIGN_IN, Set.of("code"), request -> {
                    String user = use(request.question().text("code"))
                            .orElseThrow(() -> new AdminRefusedException(
                                    "not_entitled",
                                    "This code does not open the console: it was used already, is older than five minutes, or is an"
                                            + " invitation, which has a field of its own.",
                                    "Get a new one: interlock console"));
                    Json.Members who = Json.object().with("user", user);
                    request.entry().record(who.with("result", "accepted"));
                    return who;
                }));
    }

    /**
     * Returns a code that opens the console once, in the name of {@code user}, for anybody who has the code.
     *
     * @throws AdminRefusedException if there is no console, or too many codes wait
     */
    Json.Members code(String user) throws AdminRefusedException;

    /** Returns the user of the machine who was given {@code code}, and makes it invalid; empty if it is not valid. */
    Optional<String> use(String code);

    /** Returns the sessions of everybody who is signed in. */
    Json.Members sessions();

    /** Ends one session, or all; returns how many they were. */
    int signOut(Optional<String> session);
}
