package dev.interlock.admin;

import dev.interlock.adminapi.PersonQuestion;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import java.util.List;
import java.util.Optional;

/** Commands about the console itself: codes that open it, and the sessions there. */
public interface ConsoleCommands extends CommandGroup {

    @Override
    default List<Command<?>> commands() {
        return List.of(
                Command.of(PersonQuestion.MakeConsoleCode.class, request -> {
                    PersonQuestion.ConsoleCode code = code(request.peer().user());
                    request.entry()
                            .record(Json.object().with("expires", code.expires().toString()));
                    return code;
                }),
                Command.of(PersonQuestion.ListSessions.class, _ -> sessions()),
                // Ending sessions tightens: it takes effect first, and is recorded if that can be.
                Command.of(PersonQuestion.EndSessions.class, request -> {
                    Optional<String> session = request.question().session();
                    int ended = signOut(session);
                    boolean recorded = request.entry()
                            .done(Json.object().with("ended", ended).withOptional("session", session));
                    return new PersonQuestion.EndedSessions(ended, session, recorded);
                }),
                Command.of(PersonQuestion.LoginByCode.class, request -> {
                    String user = use(request.question().code().<String>use(code -> code))
                            .orElseThrow(() -> new AdminRefusedException(
                                    "not_entitled",
                                    "This code does not open the console: it was used already, is older than five"
                                            + " minutes, or is an invitation, which has a field of its own.",
                                    "Get a new one: interlock console"));
                    request.entry().record(Json.object().with("user", user).with("result", "accepted"));
                    return new PersonQuestion.CodeLogin(user);
                }));
    }

    /**
     * Returns a code that opens the console once, in the name of {@code user}, for anybody who has the code.
     *
     * @throws AdminRefusedException if there is no console, or too many codes wait
     */
    PersonQuestion.ConsoleCode code(String user) throws AdminRefusedException;

    /** Returns the user of the machine who was given {@code code}, and makes it invalid; empty if it is not valid. */
    Optional<String> use(String code);

    /** Returns the sessions of everybody who is signed in. */
    PersonQuestion.Sessions sessions();

    /** Ends one session, or all; returns how many they were. */
    int signOut(Optional<String> session);
}
