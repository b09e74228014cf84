package dev.interlock.cli;

import dev.interlock.adminapi.PersonQuestion;
import dev.interlock.adminapi.RecordJson;
import dev.interlock.adminclient.AdminClient;
import dev.interlock.linux.PrivateFiles;
import dev.interlock.program.ExitCodes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "console",
        description = "Open the console in a browser, with a code that signs you in once, within five minutes. The code"
                + " is in the address's fragment, which browsers do not send to any server.",
        footer = {
            "  interlock console",
            "  interlock console --sessions",
            "  interlock console --sign-out"
        })
final class ConsoleCommand extends ConfiguredCommand {

    private static final Path OPENER = Path.of("/usr/bin/xdg-open");

    @Option(names = "--no-browser", description = "Only print the address.")
    private boolean noBrowser;

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
            return ended(daemon.ask(new PersonQuestion.EndSessions(Optional.empty())));
        }
        PersonQuestion.ConsoleCode code = daemon.ask(new PersonQuestion.MakeConsoleCode());
        if (options.json()) {
            terminal.json(RecordJson.write(code));
            return ExitCodes.OK;
        }
        String address = code.address().use(text -> text);
        terminal.line(address);
        terminal.aside(
                "It signs you in once, until " + CellFormat.time(code.expires().toString()) + ".\n");
        if (!noBrowser) {
            browse(address);
        }
        return ExitCodes.OK;
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
                                one.since().toString(),
                                one.ends().toString()))
                        .toList());
    }

    private int ended(PersonQuestion.EndedSessions result) {
        return terminal.answer(
                options,
                result,
                CellFormat.number(result.ended(), "session") + " ended." + CellFormat.unrecorded(result));
    }

    /**
     * Opens a browser if there is a screen. Everybody on the machine can see a program's arguments. So the browser gets
     * a file that only this user can read, which redirects to the address.
     */
    private static void browse(String address) throws IOException {
        boolean screen = Stream.of("DISPLAY", "WAYLAND_DISPLAY")
                .anyMatch(name -> given(name).isPresent());
        Optional<Path> own = given("XDG_RUNTIME_DIR").map(Path::of).filter(Files::isDirectory);
        if (!screen || own.isEmpty() || !Files.isExecutable(OPENER)) {
            return;
        }
        Path page = own.get().resolve("interlock-console.html");
        Files.deleteIfExists(page);
        PrivateFiles.file(page);
        Files.writeString(page, "<!doctype html><meta http-equiv=\"refresh\" content=\"0;url=" + address + "\">");
        new ProcessBuilder(OPENER.toString(), page.toString())
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    private static Optional<String> given(String variable) {
        return Optional.ofNullable(System.getenv(variable)).filter(value -> !value.isEmpty());
    }
}
