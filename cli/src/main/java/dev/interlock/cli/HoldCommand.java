package dev.interlock.cli;

import dev.interlock.action.Durations;
import dev.interlock.action.KeptTexts;
import dev.interlock.action.Seal;
import dev.interlock.action.VisibleText;
import dev.interlock.adminapi.HoldQuestion;
import dev.interlock.adminapi.RecordJson;
import dev.interlock.adminclient.AdminClient;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.author.LastingPermit;
import dev.interlock.author.PolicyDirectory;
import dev.interlock.catalog.CatalogView;
import dev.interlock.confirm.StatementText;
import dev.interlock.evidence.CallGrant;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Statement;
import dev.interlock.evidence.StatementList;
import dev.interlock.policy.PolicyProblem;
import dev.interlock.policy.PolicyRule;
import dev.interlock.program.ExitCodes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
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
        description = "Holds: attempts that wait for approval.",
        subcommands = HoldCommand.HoldPermitCommand.class,
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
        AdminClient daemon = own.daemon();
        List<HoldQuestion.Hold> holds = daemon.ask(new HoldQuestion.ListHolds()).holds().stream()
                .filter(hold -> all || hold.isLive())
                .toList();
        List<List<String>> rows = own.json() ? List.of() : rows(holds, daemon);
        return terminal.answer(own, new HoldQuestion.Holds(holds), List.of("HOLD", "STATE", "UNTIL", "WHAT"), rows);
    }

    /** Returns a row for each hold; those of a set stand below a row for all of them. */
    private static List<List<String>> rows(List<HoldQuestion.Hold> holds, AdminClient daemon) throws IOException {
        Map<String, List<HoldQuestion.Hold>> sets = new LinkedHashMap<>();
        holds.forEach(hold ->
                sets.computeIfAbsent(hold.set().id(), _ -> new ArrayList<>()).add(hold));
        List<List<String>> rows = new ArrayList<>();
        for (List<HoldQuestion.Hold> set : sets.values()) {
            HoldQuestion.Hold first = set.getFirst();
            boolean isAlone = set.size() == 1;
            if (!isAlone) {
                rows.add(List.of(
                        first.set().id(),
                        first.state(),
                        until(first),
                        first.set().asks()));
            }
            Map<String, String> differences = isAlone ? Map.of() : differences(first.set(), daemon);
            for (HoldQuestion.Hold hold : set) {
                String own = differences.getOrDefault(hold.id(), "");
                rows.add(List.of(
                        (isAlone ? "" : "  ") + hold.id(),
                        hold.state(),
                        until(hold),
                        (own.isEmpty() ? "" : own + " - ") + hold.summary()));
            }
        }
        return rows;
    }

    /** Returns what tells the holds of {@code set} apart; nothing if it has changed since it was listed. */
    private static Map<String, String> differences(HoldQuestion.HoldSet set, AdminClient daemon) throws IOException {
        try {
            return HoldDifferences.of(daemon.ask(new HoldQuestion.ShowSet(set.id())));
        } catch (AdminRefusedException _) {
            return Map.of();
        }
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
            footer = {"  interlock hold show H-01JD…", "  interlock hold show S-01JD…   # a set: all of its calls"})
    int show(@Parameters(paramLabel = "HOLD") String hold, @Mixin Options own) throws Exception {
        HoldQuestion.ShownSet shown = shown(own.daemon(), hold);
        List<String> words = words(hold, shown);
        Record answer = shown.holds().size() == 1 ? shown.holds().getFirst() : shown;
        return terminal.answer(own, RecordJson.write(answer).with("rendering", String.join("\n", words)), () -> {
            heading(shown).ifPresent(terminal::line);
            for (int i = 0; i < words.size(); i++) {
                HoldQuestion.Hold line = shown.holds().get(i).line();
                terminal.line(words.get(i));
                terminal.line("Now");
                terminal.line(("  " + line.state() + ", " + until(line) + " " + line.ending()).stripTrailing());
                line.missing().forEach(missing -> terminal.line("  missing: " + missing));
            }
        });
    }

    private static HoldQuestion.ShownSet shown(AdminClient daemon, String name) throws Exception {
        if (name.startsWith("S-")) {
            return daemon.ask(new HoldQuestion.ShowSet(name));
        }
        HoldQuestion.ShownHold hold = daemon.ask(new HoldQuestion.ShowHold(name));
        return new HoldQuestion.ShownSet(
                new HoldQuestion.HoldSet(name, hold.line().summary(), 1),
                hold.statement(),
                hold.words(),
                hold.nameToType(),
                List.of(hold),
                Optional.empty());
    }

    private static Optional<String> heading(HoldQuestion.ShownSet shown) {
        return shown.holds().size() == 1
                ? Optional.empty()
                : Optional.of("SET " + shown.set().id() + "\n"
                        + VisibleText.unambiguous(shown.set().asks())
                        + "\nOne signature confirms each of these "
                        + shown.holds().size() + " calls once."
                        + shown.stopped().map(limit -> "\n" + limit).orElse("")
                        + shown.nameToType()
                                .map(name -> " For all of them, type exactly: " + name)
                                .orElse("")
                        + "\n");
    }

    @Command(
            name = "sign",
            description = "Sign a hold, or all of a set, with an SSH key, after showing it.",
            footer = "  interlock hold sign S-01JD… --key ~/.ssh/id_ed25519_sk")
    int sign(
            @Parameters(paramLabel = "HOLD") String hold,
            @Option(
                            names = "--key",
                            required = true,
                            description = "The key to sign with; a hardware key asks for a touch.")
                    Path key,
            @Option(
                            names = "--type-name",
                            description =
                                    "The text that the page asks you to type exactly, if policy requires it; asked for at a terminal.")
                    @Nullable String typedName,
            @Option(
                            names = "--more",
                            description = "Grant so many more calls like it, within what the seal lets you grant.")
                    @Nullable Long more,
            @Option(names = "--for", defaultValue = "1h", description = "For how long; 1h unless given.") String time,
            @Mixin Options own)
            throws Exception {
        AdminClient daemon = own.daemon();
        HoldQuestion.ShownSet shown = shown(daemon, hold);
        List<String> words = words(hold, shown);
        requireListed(hold, shown);
        Optional<CallGrant> grant = Optional.ofNullable(more).map(calls -> new CallGrant(calls, until(time)));
        terminal.show(
                own,
                heading(shown).orElse("")
                        + String.join("\n", words)
                        + grant.map(given -> granting(given, shown)).orElse(""));
        Optional<String> typed = Optional.ofNullable(typedName)
                .or(() -> shown.nameToType()
                        .flatMap(name -> terminal.ask(
                                shown.holds().size() == 1 ? "Type the name exactly" : "Type exactly: " + name)));
        // A person who is asked has read it. If nobody can be asked, the daemon records that nobody has viewed the
        // hold.
        if (typed.isEmpty()
                && terminal.isInteractive()
                && !terminal.ask("Type yes to sign this").equals(Optional.of("yes"))) {
            terminal.problem("nothing was signed");
            return ExitCodes.NO;
        }
        boolean isList = shown.holds().size() > 1 || grant.isPresent();
        byte[] signed = isList
                ? StatementList.of(statements(shown), grant).canonical()
                : shown.statement().getBytes(StandardCharsets.UTF_8);
        Json signature = new Json.Text(SshKeygen.sign(key, Statement.NAMESPACE, signed));
        HoldQuestion.SignedHold result = daemon.ask(new HoldQuestion.SignHold(
                shown.set().id(),
                signature,
                typed,
                isList ? Optional.of(new String(signed, StandardCharsets.UTF_8)) : Optional.empty()));
        return terminal.answer(own, result, result.result());
    }

    /** The name in a list says which calls the set had then. What came since is not signed by that name. */
    private static void requireListed(String asked, HoldQuestion.ShownSet shown) throws IOException {
        String now = shown.set().id();
        String first = shown.holds().getFirst().line().id();
        if (!List.of(now, first, first.replaceFirst("^H-", "S-")).contains(asked)) {
            throw new IOException("the set has changed since it was listed as `" + asked + "`, and nothing was signed: "
                    + shown.holds().size() + " of its calls wait now. Look at them: interlock hold show " + now);
        }
    }

    private static List<Statement> statements(HoldQuestion.ShownSet shown) {
        return shown.holds().stream()
                .map(hold -> Statement.read(hold.statement().getBytes(StandardCharsets.UTF_8)))
                .toList();
    }

    private static Instant until(String time) {
        Duration lasting = Durations.read(time)
                .orElseThrow(() -> new IllegalArgumentException("`--for` is a time such as `30m` or `8h`"));
        return Instant.now().plus(lasting).truncatedTo(ChronoUnit.SECONDS);
    }

    private static String granting(CallGrant grant, HoldQuestion.ShownSet shown) {
        // From what is signed, as the keys process reads it.
        String like = CallGrant.promise(statements(shown).getFirst());
        String refused = shown.holds()
                .getFirst()
                .noGrant()
                .map(why -> "\n  Nothing can be granted: " + VisibleText.unambiguous(why))
                .orElse("");
        return "\nWhat your signature grants besides\n  up to " + grant.calls() + " more calls until "
                + CellFormat.time(grant.until())
                + ", without asking again" + (shown.holds().size() > 1 ? ", like the first" : "") + ": "
                + VisibleText.unambiguous(like) + refused + "\n  To end it: interlock grant revoke G-…\n";
    }

    /**
     * From the very bytes that are signed, not the daemon's text; kept texts are shown only if their digests are there.
     */
    private static List<String> words(String asked, HoldQuestion.ShownSet shown) throws IOException {
        List<Statement> statements = statements(shown);
        List<String> words = new ArrayList<>();
        for (int i = 0; i < statements.size(); i++) {
            words.add(StatementText.of(
                    statements.get(i),
                    new KeptTexts(shown.holds().get(i).texts().orElse(List.of()))));
        }
        byte[] signed = statements.size() == 1
                ? statements.getFirst().canonical()
                : StatementList.of(statements, Optional.empty()).canonical();
        boolean isAsked = asked.startsWith("S-")
                || (statements.size() == 1 && statements.getFirst().hold().equals(asked));
        if (!isAsked || !Arrays.equals(signed, shown.statement().getBytes(StandardCharsets.UTF_8))) {
            throw new IOException("the daemon showed something else than `" + asked
                    + "`; nothing was signed, see `interlock hold list`");
        }
        return words;
    }

    @Command(
            name = "narrow",
            description =
                    "Reduce the rights that a hold for an elevation asks for. Rights whose option is omitted stay as they are. Then sign the result.",
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
            description =
                    "Deny a hold, or each of a set, which nobody can take back. The agent receives the reason, and cannot ask for the same again until the hold's time is over. At a terminal it asks once, unless there is a reason.",
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

    @Command(
            name = "permit",
            description = {
                "Permit calls like this one from now on: write a permit with the call's own agent, operation, resources, environments and arguments into the policy directory, and show it.",
                "It is in force once it is sealed. What destroys, and what is grave in a protected environment, is asked about each time."
            },
            footer = "  interlock hold permit H-01JD… --any body.commit_message")
    static final class HoldPermitCommand extends ConfiguredCommand {

        @Parameters(paramLabel = "HOLD")
        private String hold = "";

        @Option(
                names = "--any",
                paramLabel = "ARGUMENT",
                description = "An argument that may have any value, and be left out. May be repeated.")
        private Set<String> any = Set.of();

        @Option(names = "--plan", description = "Only show what would be written.")
        private boolean plan;

        @Override
        public Integer call() throws Exception {
            HoldQuestion.ShownHold shown = options.daemon().ask(new HoldQuestion.ShowHold(hold));
            Seal before = PolicyCommand.sound(terminal, options, null).draft();
            LastingPermit permit = LastingPermit.of(
                    before,
                    CatalogView.facts(),
                    statement(shown),
                    new KeptTexts(shown.texts().orElse(List.of())),
                    any);
            PolicyChange change = PolicyChange.permitting(options.policy(null), permit);
            Seal after = changed(change);
            permit.objection(before, after).ifPresent(why -> {
                throw new IllegalArgumentException(why + " Nothing was changed.");
            });
            List<String> diff = change.diff();
            if (!plan) {
                change.write();
            }
            List<String> relaxed = new ArrayList<>(PolicyRule.relaxations(after));
            relaxed.removeAll(PolicyRule.relaxations(before));
            Json.Members json = Json.object()
                    .with("hold", hold)
                    .with("file", PolicyChange.PERMITS)
                    .with("permit", permit.text())
                    .withTexts("without_approval", permit.withoutApproval())
                    .withTexts("relaxed", relaxed)
                    .with("written", !plan);
            return terminal.answer(options, json, () -> tell(diff, relaxed, permit));
        }

        private Statement statement(HoldQuestion.ShownHold shown) throws IOException {
            Statement read = Statement.read(shown.statement().getBytes(StandardCharsets.UTF_8));
            if (!read.hold().equals(hold)) {
                throw new IOException("the daemon showed `" + read.hold() + "` instead of `" + hold + "`");
            }
            return read;
        }

        private Seal changed(PolicyChange change) throws IOException {
            return switch (change.tried()) {
                case PolicyDirectory.LoadResult.SoundDirectory sound ->
                    sound.directory().draft();
                case PolicyDirectory.LoadResult.InvalidDirectory(List<PolicyProblem> problems) -> {
                    problems.forEach(problem -> terminal.problem(problem.toString()));
                    throw new IllegalArgumentException("the policy would be wrong with it; nothing was changed");
                }
            };
        }

        private void tell(List<String> diff, List<String> relaxed, LastingPermit permit) {
            diff.forEach(terminal::line);
            relaxed.forEach(one -> terminal.line("RELAXED: " + one));
            permit.withoutApproval()
                    .forEach(exempt -> terminal.line("Once sealed, the keys process asks for no signature for `"
                            + exempt + "`: the policy alone decides there."));
            terminal.line(
                    plan
                            ? "Nothing was written."
                            : "Not in force yet: interlock policy test && interlock seal --key KEY");
        }
    }
}
