package dev.interlock.cli;

import dev.interlock.adminapi.EvidenceQuestion;
import dev.interlock.adminclient.AdminClient;
import dev.interlock.evidence.CallFilter;
import dev.interlock.evidence.CallVerdict;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Main;
import dev.interlock.evidence.Receipt;
import dev.interlock.program.ExitCodes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "receipts",
        description = "List the attempts and their results, newest first; or show one receipt whole.",
        footer = {
            "  interlock receipts --agent jer/cursor --kind refused --follow",
            "  interlock receipts R-01M8AS18G7QBPA6AP5NXRA3TE0"
        })
final class ReceiptsCommand extends ConfiguredCommand {

    private static final int INDENT = 4;

    /** The members of an administrative act that are printed, and their labels. */
    private static final List<Map.Entry<String, String>> ABOUT = List.of(
            Map.entry("peer", "by"),
            Map.entry("hold", "hold"),
            Map.entry("grant", "grant"),
            Map.entry("lease", "lease"),
            Map.entry("leases", "leases"),
            Map.entry("signer", "signer"),
            Map.entry("key_class", "key"));

    @Parameters(arity = "0..1", paramLabel = "RECEIPT", description = "The receipt to show, as refusals name it.")
    private @Nullable String one;

    @Option(names = "--agent", description = "Only receipts of this agent, and the results of its calls.")
    private @Nullable String agent;

    @Option(
            names = "--person",
            description = "Only receipts of this person's agents and of the person's own acts; not with --follow.")
    private @Nullable String person;

    @Option(names = "--kind", description = "Only receipts of this kind: intent, outcome, refused, held or admin.")
    private @Nullable String kind;

    @Option(
            names = "--lease",
            description = "Only receipts of this lease and of leases derived from it; not with --follow.")
    private @Nullable String lease;

    @Option(names = "--since", paramLabel = "TIME", description = "Only receipts from this day or time on, in UTC.")
    private @Nullable String since;

    @Option(names = "--until", paramLabel = "TIME", description = "Only receipts before this day or time, in UTC.")
    private @Nullable String until;

    @Option(
            names = "--verdict",
            description = "Only calls with this verdict: permitted, confirmed, granted, observed, asked or refused.")
    private @Nullable String verdict;

    @Option(
            names = "--copy",
            paramLabel = "LEDGER",
            description =
                    "Verify and search this copy of a log, or of the logs of a fleet, without the gateway: one line a "
                            + "call, the oldest first, by --since, --until, --verdict and --agent alone; may be repeated.")
    private List<String> ledgers = List.of();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(
            names = "--before",
            paramLabel = "RECEIPT",
            description = "Only receipts before this one in the log, to continue an earlier list; not with --follow.")
    private @Nullable String before;

    @Option(
            names = "--limit",
            defaultValue = "50",
            description = "Maximum number of receipts; ${DEFAULT-VALUE} unless given.")
    private long limit;

    @Option(
            names = {"-f", "--follow"},
            description = "Keep running, and print new receipts as they are written.")
    private boolean follow;

    private boolean several;

    @Override
    public Integer call() throws Exception {
        requireUsable();
        if (!ledgers.isEmpty()) {
            return ofCopies();
        }
        if (one != null) {
            Json.Members receipt = new PastReceipts(options).one(one);
            return terminal.answer(options, receipt, () -> {
                print(receipt);
                whole(receipt, 2);
            });
        }
        AdminClient daemon = options.daemon();
        if (follow) {
            if (daemon.ask(EvidenceQuestion.FindReceipts.latest(1)).logs().isPresent()) {
                terminal.aside(
                        "only the log of this gateway is followed; without --follow, those of the others are read too");
            }
            daemon.follow(
                    new EvidenceQuestion.FollowReceipts(
                            Optional.ofNullable(agent),
                            Optional.ofNullable(kind),
                            Optional.empty(),
                            Optional.of(limit)),
                    this::print);
            return ExitCodes.OK;
        }
        EvidenceQuestion.Receipts found = daemon.ask(new EvidenceQuestion.FindReceipts(
                Optional.ofNullable(agent),
                Optional.ofNullable(person),
                Optional.ofNullable(kind),
                Optional.ofNullable(lease),
                Optional.ofNullable(since).map(CallFilter::time),
                Optional.ofNullable(until).map(CallFilter::time),
                Optional.ofNullable(before),
                Optional.of(limit),
                Optional.ofNullable(verdict)));
        found.gaps().orElse(List.of()).forEach(terminal::aside);
        several = found.logs().isPresent();
        List<Json.Members> receipts = found.receipts();
        return terminal.answer(options, new Json.Array(List.copyOf(receipts)), () -> {
            receipts.forEach(this::print);
            if (receipts.isEmpty()) {
                terminal.aside("no receipt matches; `interlock agent list` has the agents and their owners");
            }
        });
    }

    private int ofCopies() {
        List<String> arguments = new ArrayList<>(List.of("receipts"));
        arguments.addAll(ledgers);
        arguments.addAll(EvidenceCommand.options(spec));
        add(arguments, "--since", since);
        add(arguments, "--until", until);
        add(arguments, "--verdict", verdict);
        add(arguments, "--agent", agent);
        add(arguments, "--format", options.json() ? "json" : null);
        return new Main(System.out, System.err).run(arguments);
    }

    private static void add(List<String> arguments, String option, @Nullable String value) {
        if (value != null) {
            arguments.addAll(List.of(option, value));
        }
    }

    /** Prints each member on a line of its own, below the one that it is part of. */
    private void whole(Json value, int depth) {
        String margin = "  ".repeat(depth);
        switch (value) {
            case Json.Members members ->
                members.members().forEach((name, member) -> {
                    if (member instanceof Json.Members || member instanceof Json.Array) {
                        terminal.line(margin + name + ":");
                        whole(member, depth + 1);
                    } else {
                        terminal.line(margin + name + ": " + CellFormat.plain(member));
                    }
                });
            case Json.Array(List<Json> items) ->
                items.forEach(item -> {
                    terminal.line(margin + "-");
                    whole(item, depth + 1);
                });
            case Json.Text _, Json.Whole _, Json.Flag _, Json.Nothing _ ->
                terminal.line(margin + CellFormat.plain(value));
        }
    }

    private void requireUsable() {
        boolean isFiltered = Stream.of(agent, person, kind, lease, before, since, until, verdict)
                .anyMatch(Objects::nonNull);
        require(
                ledgers.isEmpty()
                        || (!follow
                                && Stream.of(one, person, kind, lease, before).allMatch(Objects::isNull)),
                "a copy is searched by --since, --until, --verdict and --agent alone");
        require(
                !ledgers.isEmpty() || EvidenceCommand.options(spec).isEmpty(),
                "`--vkey`, `--replica` and `--seal` are for a copy: add `--copy`");
        require(
                !follow || Stream.of(since, until, verdict).allMatch(Objects::isNull),
                "`--since`, `--until` and `--verdict` cannot be followed; leave out `--follow`");
        try {
            Stream.of(since, until).filter(Objects::nonNull).forEach(CallFilter::time);
            Optional.ofNullable(verdict).ifPresent(CallVerdict::of);
        } catch (IllegalArgumentException e) {
            throw new UsageException(String.valueOf(e.getMessage()));
        }
        require(one == null || !(follow || isFiltered), "a receipt is shown by itself; leave out the other options");
        require(limit >= 1, "`--limit` must be 1 or more, not " + limit);
        require(!follow || lease == null, "`--lease` cannot be followed; leave out `--follow`");
        require(!follow || person == null, "`--person` cannot be followed; leave out `--follow`");
        require(!follow || before == null, "`--before` looks back and cannot be followed; leave out `--follow`");
        List<String> kinds =
                Arrays.stream(Receipt.Kind.values()).map(Receipt.Kind::word).toList();
        require(
                kind == null || kinds.contains(kind),
                "`--kind` is one of " + String.join(", ", kinds) + ", not `" + kind + "`");
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new UsageException(otherwise);
        }
    }

    private void print(Json.Members receipt) {
        terminal.answer(
                options,
                receipt,
                () -> terminal.row(
                        String.join(
                                "  ",
                                receipt.text("id"),
                                CellFormat.time(receipt.text("at")),
                                String.format("%-8s", receipt.text("kind"))
                                        + (several ? "  " + receipt.text("origin") : ""),
                                CellFormat.cell(receipt, "agent"),
                                what(receipt)),
                        INDENT));
    }

    private static String what(Json.Members receipt) {
        String operations = String.join(
                " ",
                receipt.items("actions").stream()
                        .map(action -> ((Json.Members) action).text("operation"))
                        .toList());
        List<String> said = new ArrayList<>(List.of(operations));
        receipt.optionalText("command").ifPresent(said::add);
        if (receipt.text("kind").equals(Receipt.Kind.ADMIN.word())) {
            said.addAll(administered(receipt));
        } else {
            receipt.optionalText("hold").ifPresent(hold -> said.add("hold " + hold));
            receipt.optionalText("grant").ifPresent(grant -> said.add("grant " + grant));
        }
        receipt.get("observed")
                .ifPresent(observed -> said.add("observed: " + ((Json.Members) observed).text("reason")));
        receipt.optionalText("result").ifPresent(said::add);
        receipt.optionalText("reason").ifPresent(said::add);
        return said.stream().filter(part -> !part.isEmpty()).collect(Collectors.joining("  "));
    }

    private static List<String> administered(Json.Members receipt) {
        List<String> said = new ArrayList<>();
        ABOUT.forEach(about -> receipt.get(about.getKey())
                .map(CellFormat::plain)
                .filter(value -> !value.isEmpty())
                .ifPresent(value -> said.add(about.getValue() + " " + value)));
        receipt.get("suppressed")
                .filter(count -> !count.equals(new Json.Whole(0)))
                .ifPresent(count -> said.add("and " + CellFormat.plain(count) + " more"));
        if (receipt.get("complete").equals(Optional.of(new Json.Flag(true)))) {
            said.add("everybody needed has signed");
        }
        return said;
    }
}
