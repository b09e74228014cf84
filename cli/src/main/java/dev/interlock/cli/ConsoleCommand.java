package dev.interlock.cli;

import dev.interlock.adminapi.PersonQuestion;
import dev.interlock.adminclient.AdminClient;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "console",
        description =
                "Print the console's address, with a code that signs you in once, within five minutes. The code is in the address's fragment, which browsers do not send to any server.",
        footer = {"  interlock console", "  interlock console --sessions", "  interlock console --sign-out"})
final class ConsoleCommand extends ConfiguredCommand {

    @Option(names = "--sessions", description = "List who is signed in.")
    private boolean sessions;

    @Option(names = "--sign-out", description = "End every session at once.")
    private boolean signOut;

    @Override
    public Integer call() throws Exception {
        AdminClient daemon = options.daemon();
        if (sessions) {
            return list(daemon.ask(new PersonQuestion.ListSessions()));
        }
        if (signOut) {
            PersonQuestion.EndedSessions result = daemon.ask(new PersonQuestion.EndSessions(Optional.empty()));
            return terminal.answer(
                    options,
                    result,
                    CellFormat.number(result.ended(), "session") + " ended." + CellFormat.unrecorded(result));
        }
        PersonQuestion.ConsoleCode code = daemon.ask(new PersonQuestion.MakeConsoleCode());
        return terminal.answer(options, code, () -> {
            terminal.line(code.address().use(text -> text));
            terminal.aside("It signs you in once, until " + CellFormat.time(code.expires()) + ".\n");
        });
    }

    private int list(PersonQuestion.Sessions result) {
        return terminal.answer(
                options,
                result,
                List.of("SESSION", "WHO", "BY", "SINCE", "ENDS"),
                result.sessions().stream()
                        .map(one -> List.of(
                                one.session(),
                                one.who(),
                                one.by(),
                                CellFormat.time(one.since()),
                                one.ends().toString()))
                        .toList());
    }
}
