package dev.interlock.cli;

import dev.interlock.action.KeptTexts;
import dev.interlock.adminapi.HoldQuestion;
import dev.interlock.adminapi.RecordJson;
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
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "hold",
        description = "Holds: attempts that wait for approval.",
        subcommands = HoldPermitCommand.class,
        footer = {
            "  interlock hold list",
            "  interlock hold show H-01JD…",
            "  interlock hold sign H-01JD… --key ~/.ssh/id_ed25519_sk --type-name railway:volume/vol_x"
        })
final class HoldCommand extends TerminalCommand {

    @Command(
            name = "list",
            description = "List the holds that wait for people, or for the agent to use an approval.",
            footer = "  interlock hold list --all --json")
    int list(
            @Option(names = "--all", description = "Include the latest holds that have ended.") boolean all,
            @Mixin Options own)
            throws Exception {
        List<HoldQuestion.Hold> holds = own.daemon().ask(new HoldQuestion.ListHolds()).holds().stream()
                .filter(hold -> all || hold.isLive())
                .toList();
        return terminal.answer(
                own,
                new HoldQuestion.Holds(holds),
                List.of("HOLD", "STATE", "UNTIL", "WHAT"),
                together(holds).stream()
                        .map(hold -> List.of(hold.id(), hold.state(), until(hold), what(hold, holds)))
                        .toList());
    }

    private static List<HoldQuestion.Hold> together(List<HoldQuestion.Hold> holds) {
        Map<String, List<HoldQuestion.Hold>> groups = new LinkedHashMap<>();
        holds.forEach(hold ->
                groups.computeIfAbsent(group(hold), _ -> new ArrayList<>()).add(hold));
        return groups.values().stream().flatMap(List::stream).toList();
    }

    /** Many holds of one kind make approvers careless, so each line shows the number of similar holds. */
    private static String what(HoldQuestion.Hold hold, List<HoldQuestion.Hold> holds) {
        long alike =
                holds.stream().filter(other -> group(other).equals(group(hold))).count();
        return alike == 1 ? hold.summary() : "[1 of " + alike + " alike] " + hold.summary();
    }

    private static String group(HoldQuestion.Hold hold) {
        return hold.state() + " " + hold.alike();
    }

    private static String until(HoldQuestion.Hold hold) {
        return switch (hold.state()) {
            case "open" -> "sign by " + CellFormat.time(hold.signBy());
            case "signed" ->
                "usable until " + CellFormat.time(hold.usableUntil().orElse("–"));
            default -> "–";
        };
    }

    @Command(
            name = "show",
            description = "Show everything that would be signed, and its consequences.",
            footer = "  interlock hold show H-01JD…")
    int show(@Parameters(paramLabel = "HOLD") String hold, @Mixin Options own) throws Exception {
        HoldQuestion.ShownHold shown = own.daemon().ask(new HoldQuestion.ShowHold(hold));
        String words = words(hold, shown);
        HoldQuestion.Hold line = shown.line();
        return terminal.answer(own, RecordJson.write(shown).with("rendering", words), () -> {
            terminal.line(words);
            terminal.line("Now");
            terminal.line(("  " + line.state() + ", " + until(line) + " " + line.ending()).stripTrailing());
            line.missing().forEach(missing -> terminal.line("  missing: " + missing));
        });
    }

    @Command(
            name = "sign",
            description = "Sign a hold with an SSH key, after showing it.",
            footer = "  interlock hold sign H-01JD… --key ~/.ssh/id_ed25519_sk")
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
        HoldQuestion.ShownHold shown = daemon.ask(new HoldQuestion.ShowHold(hold));
        byte[] statement = shown.statement().getBytes(StandardCharsets.UTF_8);
        String words = words(hold, shown);
        terminal.show(own, words);
        Optional<String> typed = Optional.ofNullable(typedName)
                .or(() -> asksForName(statement) ? terminal.ask("Type the name exactly") : Optional.empty());
        // A person who is asked has read it. If nobody can be asked, the daemon records that nobody has viewed the
        // hold.
        if (typed.isEmpty()
                && terminal.isInteractive()
                && !terminal.ask("Type yes to sign this").equals(Optional.of("yes"))) {
            terminal.problem("nothing was signed");
            return ExitCodes.NO;
        }
        String signature = SshKeygen.sign(key, Statement.NAMESPACE, statement);
        HoldQuestion.SignedHold result = daemon.ask(new HoldQuestion.SignHold(hold, new Json.Text(signature), typed));
        return terminal.answer(own, result, result.result());
    }

    private static boolean asksForName(byte[] statement) {
        return Statement.read(statement).obligations().flag("type_name");
    }

    /**
     * From the very bytes that are signed, not the daemon's text; kept texts are shown only if their digests are there.
     */
    private static String words(String hold, HoldQuestion.ShownHold shown) throws IOException {
        Statement read = Statement.read(shown.statement().getBytes(StandardCharsets.UTF_8));
        if (!read.hold().equals(hold)) {
            throw new IOException("the daemon showed `" + read.hold() + "` instead of `" + hold
                    + "`; nothing was signed, see `interlock hold list`");
        }
        return dev.interlock.confirm.StatementText.of(
                read, new KeptTexts(shown.texts().orElse(List.of())));
    }

    @Command(
            name = "narrow",
            description = "Reduce the rights that a hold for an elevation asks for. Rights "
                    + "whose option is omitted stay as they are. Then sign the result.",
            footer = "  interlock hold narrow H-01JD… --impact read --minutes 10")
    int narrow(
            @Parameters(paramLabel = "HOLD") String hold,
            @Mixin ScopeOptions scope,
            @Option(names = "--minutes", description = "For how long, at most.") @Nullable Integer minutes,
            @Mixin Options own)
            throws Exception {
        HoldQuestion.NarrowedHold result = own.daemon()
                .ask(new HoldQuestion.NarrowHold(
                        hold,
                        scope.environments(),
                        scope.impacts(),
                        scope.resources(),
                        Optional.ofNullable(minutes).map(Integer::longValue)));
        return terminal.answer(own, result, result.summary() + CellFormat.unrecorded(result));
    }

    @Command(
            name = "deny",
            description = "Deny a hold, which nobody can take back. The agent receives the reason, and cannot ask for"
                    + " the same again until the hold's time is over. At a terminal it asks once, unless there is a"
                    + " reason.",
            footer = "  interlock hold deny H-01JD… --reason 'use the staging copy'")
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
        HoldQuestion.DeniedHold result = own.daemon().ask(new HoldQuestion.DenyHold(hold, reason));
        return terminal.answer(own, result, hold + " is denied." + CellFormat.unrecorded(result));
    }
}
