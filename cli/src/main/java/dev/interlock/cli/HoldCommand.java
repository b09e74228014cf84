package dev.interlock.cli;

import dev.interlock.action.KeptTexts;
import dev.interlock.adminclient.AdminClient;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Statement;
import dev.interlock.program.ExitCodes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "hold",
        mixinStandardHelpOptions = true,
        description = "Holds: attempts that wait for approval.",
        footer = {
            "",
            "Example:",
            "  interlock hold list",
            "  interlock hold show H-01JD…",
            "  interlock hold sign H-01JD… --key ~/.ssh/id_ed25519_sk --type-name railway:volume/vol_x"
        })
final class HoldCommand {

    private static final Optional<String> YES = Optional.of("yes");

    static final Set<String> LIVE = Set.of("open", "signed");

    private final Terminal terminal;

    HoldCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Command(
            name = "list",
            mixinStandardHelpOptions = true,
            description = "List the holds that wait for people, or for the agent to use an " + "approval.",
            footer = {"", "Example:", "  interlock hold list --all --json"})
    int list(
            @Option(names = "--all", description = "Include the latest holds that have ended.") boolean all,
            @Mixin Options own)
            throws Exception {
        Json.Members result = own.daemon().call("hold.list", Json.object());
        List<Json.Members> holds = result.objects("holds").stream()
                .filter(hold -> all || LIVE.contains(hold.text("state")))
                .toList();
        return terminal.answer(
                own,
                Json.object().with("holds", new Json.Array(List.copyOf(holds))),
                List.of("HOLD", "STATE", "UNTIL", "WHAT"),
                together(holds).stream()
                        .map(hold -> List.of(hold.text("id"), hold.text("state"), until(hold), what(hold, holds)))
                        .toList());
    }

    /** Groups similar holds; each group is at the position of its first hold. */
    private static List<Json.Members> together(List<Json.Members> holds) {
        Map<String, List<Json.Members>> groups = new LinkedHashMap<>();
        holds.forEach(hold ->
                groups.computeIfAbsent(group(hold), _ -> new ArrayList<>()).add(hold));
        return groups.values().stream().flatMap(List::stream).toList();
    }

    /** Many holds of one kind make approvers careless, so each line shows the number of similar holds. */
    private static String what(Json.Members hold, List<Json.Members> holds) {
        long alike =
                holds.stream().filter(other -> group(other).equals(group(hold))).count();
        return alike == 1 ? hold.text("summary") : "[1 of " + alike + " alike] " + hold.text("summary");
    }

    private static String group(Json.Members hold) {
        return hold.text("state") + " " + hold.text("alike");
    }

    /** Returns the next deadline; an ended hold has none. */
    private static String until(Json.Members hold) {
        return switch (hold.text("state")) {
            case "open" -> "sign by " + CellFormat.time(hold.text("sign_by"));
            case "signed" -> "usable until " + CellFormat.time(hold.text("usable_until"));
            default -> "–";
        };
    }

    @Command(
            name = "show",
            mixinStandardHelpOptions = true,
            description = "Show everything that would be signed, and its consequences.",
            footer = {"", "Example:", "  interlock hold show H-01JD…"})
    int show(@Parameters(paramLabel = "HOLD") String hold, @Mixin Options own) throws Exception {
        Json.Members shown = own.daemon().call("hold.show", Json.object().with("hold", hold));
        String words = words(hold, shown);
        return terminal.answer(own, shown.with("rendering", words), () -> {
            terminal.line(words);
            terminal.line("Now");
            terminal.line(
                    ("  " + shown.text("state") + ", " + until(shown) + " " + shown.text("ending")).stripTrailing());
            shown.items("missing").forEach(missing -> terminal.line("  missing: " + CellFormat.plain(missing)));
        });
    }

    @Command(
            name = "sign",
            mixinStandardHelpOptions = true,
            description = "Sign a hold with an SSH key, after showing it.",
            footer = {"", "Example:", "  interlock hold sign H-01JD… --key ~/.ssh/id_ed25519_sk"})
    int sign(
            @Parameters(paramLabel = "HOLD") String hold,
            @Option(
                            names = "--key",
                            required = true,
                            description = "The key to sign with; a hardware key asks for a touch.")
                    Path key,
            @Option(
                            names = "--type-name",
                            description = "The text that the page asks you to type exactly, if "
                                    + "policy requires it; asked for at a terminal.")
                    @Nullable String typedName,
            @Mixin Options own)
            throws Exception {
        AdminClient daemon = own.daemon();
        Json.Members shown = daemon.call("hold.show", Json.object().with("hold", hold));
        byte[] statement = shown.text("statement").getBytes(StandardCharsets.UTF_8);
        String words = words(hold, shown);
        if (own.json()) {
            terminal.aside(words);
        } else {
            terminal.line(words);
        }
        Optional<String> typed = Optional.ofNullable(typedName)
                .or(() -> asksForName(statement) ? terminal.ask("Type the name exactly") : Optional.empty());
        // A person who is asked has read it. If nobody can be asked, the daemon records that nobody has viewed the
        // hold.
        if (typed.isEmpty()
                && terminal.isInteractive()
                && !terminal.ask("Type yes to sign this").equals(YES)) {
            terminal.problem("nothing was signed");
            return ExitCodes.NO;
        }
        String signature = SshKeygen.sign(key, Statement.NAMESPACE, statement);
        Json.Members arguments = Json.object().with("hold", hold).with("signature", signature);
        Json.Members result = daemon.call(
                "hold.sign",
                typed.map(name -> arguments.with("typed_name", name)).orElse(arguments));
        return terminal.answer(own, result, result.text("result"));
    }

    private static boolean asksForName(byte[] statement) {
        return Statement.read(statement).obligations().flag("type_name");
    }

    /**
     * Computes the words from the very bytes that are signed, and does not trust the daemon's text. A text of which
     * these have a digest is shown only if it has that digest.
     */
    private static String words(String hold, Json.Members shown) throws IOException {
        Statement read = Statement.read(shown.text("statement").getBytes(StandardCharsets.UTF_8));
        if (!read.hold().equals(hold)) {
            throw new IOException("the daemon showed `" + read.hold() + "` instead of `" + hold
                    + "`; nothing was signed, see `interlock hold list`");
        }
        return dev.interlock.confirm.StatementText.of(read, KeptTexts.beside(shown));
    }

    @Command(
            name = "narrow",
            mixinStandardHelpOptions = true,
            description = "Reduce the rights that a hold for an elevation asks for. Rights "
                    + "whose option is omitted stay as they are. Then sign the result.",
            footer = {"", "Example:", "  interlock hold narrow H-01JD… --impact read --minutes 10"})
    int narrow(
            @Parameters(paramLabel = "HOLD") String hold,
            @Mixin ScopeOptions scope,
            @Option(names = "--minutes", description = "For how long, at most.") @Nullable Integer minutes,
            @Mixin Options own)
            throws Exception {
        Json.Members arguments = scope.of(Json.object().with("hold", hold));
        arguments = minutes == null ? arguments : arguments.with("minutes", minutes);
        Json.Members result = own.daemon().call("hold.narrow", arguments);
        return terminal.answer(own, result, result.text("summary") + CellFormat.unrecorded(result));
    }

    @Command(
            name = "deny",
            mixinStandardHelpOptions = true,
            description = "Deny a hold, which nobody can take back. The agent receives the reason, and cannot ask for"
                    + " the same again until the hold's time is over. At a terminal it asks once, unless there is a"
                    + " reason.",
            footer = {"", "Example:", "  interlock hold deny H-01JD… --reason 'use the staging copy'"})
    int deny(
            @Parameters(paramLabel = "HOLD") String hold,
            @Option(
                            names = "--reason",
                            defaultValue = "",
                            description = "One sentence for the agent; none unless given.")
                    String reason,
            @Mixin Options own)
            throws Exception {
        if (reason.isEmpty()
                && terminal.isInteractive()
                && !terminal.agrees("Deny " + hold + " without a reason? Nobody can take that back.")) {
            terminal.problem("nothing was denied; to tell the agent why: --reason 'use the staging copy'");
            return ExitCodes.NO;
        }
        Json.Members result =
                own.daemon().call("hold.deny", Json.object().with("hold", hold).with("reason", reason));
        return terminal.answer(own, result, hold + " is denied." + CellFormat.unrecorded(result));
    }
}
