package dev.interlock.cli;

import dev.interlock.action.CatalogFacts;
import dev.interlock.action.Impact;
import dev.interlock.action.Resource;
import dev.interlock.action.Reversibility;
import dev.interlock.action.Seal;
import dev.interlock.adminapi.AgentQuestion;
import dev.interlock.adminapi.EvidenceQuestion;
import dev.interlock.adminapi.RecordJson;
import dev.interlock.adminclient.AdminClient;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.author.AttemptReconstruction;
import dev.interlock.author.DecisionExplanation;
import dev.interlock.author.DescribedAttempt;
import dev.interlock.author.GatewayDecision;
import dev.interlock.author.HypotheticalAttempt;
import dev.interlock.author.PredictedDecision;
import dev.interlock.catalog.CatalogView;
import dev.interlock.config.Suggestions;
import dev.interlock.evidence.Json;
import dev.interlock.policy.DraftSeals;
import dev.interlock.policy.PastSeals;
import dev.interlock.policy.PolicyAnalysis;
import dev.interlock.program.ExitCodes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "explain",
        description = {
            "Explain the decision about an attempt: the result, and the policies behind it.",
            "A running gateway is asked where the resource is, what would be lost, and what stands against it.",
            "Exit code 0 for permit, 1 for hold or refuse, 3 for a permit that something unknown could change."
        },
        footer = {
            "  interlock policy explain --agent jer/cursor --task work \\",
            "      --operation railway/volumeDelete --resource railway:volume/vol_x --environment staging",
            "  interlock policy explain R-01JD…"
        })
final class PolicyExplainCommand extends ConfiguredCommand {

    @Parameters(
            paramLabel = "DIRECTORY|RECEIPT",
            arity = "0..1",
            description =
                    "A policy directory; policy/ beside gateway.yaml unless given. Or a receipt, as R-01JD…: explains the decision of that time, under the seal of that time.")
    private @Nullable String subject;

    @Option(names = "--agent", description = "The agent that acts; the only agent unless given.")
    private Optional<String> agent = Optional.empty();

    @Option(names = "--task", description = "The task template of the lease; the agent's only one unless given.")
    private Optional<String> task = Optional.empty();

    @Option(
            names = "--environments",
            split = ",",
            paramLabel = "E",
            description = "Instead of --task: the environments of the lease.")
    private List<String> leaseEnvironments = List.of();

    @Option(
            names = "--lease-impacts",
            split = ",",
            paramLabel = "I",
            description = "With --environments: the impacts that the lease allows; all unless given.")
    private List<String> leaseImpacts = List.of();

    @Option(names = "--operation", description = "As railway/volumeDelete.")
    private Optional<String> operation = Optional.empty();

    @Option(
            names = "--impact",
            split = ",",
            paramLabel = "I",
            description = "The impact of the operation; from the catalog unless given. May be repeated.")
    private List<String> impacts = List.of();

    @Option(names = "--reversibility", description = "reversible, recoverable or irreversible, which is the default.")
    private Optional<String> reversibility = Optional.empty();

    @Option(names = "--resource", description = "As railway:volume/vol_x; the provider's account unless given.")
    private Optional<String> resource = Optional.empty();

    @Option(
            names = "--environment",
            split = ",",
            paramLabel = "E",
            description =
                    "The resource's environment. Unless given the gateway finds it, or the seal, and without a mapping it is the protected ones. May be repeated.")
    private List<String> environments = List.of();

    @Option(
            names = "--fact",
            paramLabel = "NAME=VALUE",
            description = "A fact of the operation, as argument.body.ref=refs/heads/main. May be repeated.")
    private Map<String, String> facts = Map.of();

    @Override
    public Integer call() throws Exception {
        if (subject != null && subject.startsWith("R-") && !Files.isDirectory(Path.of(subject))) {
            return past(subject);
        }
        Path directory = subject == null ? null : Path.of(subject);
        Seal seal = PolicyCommand.sound(terminal, options, directory).draft();
        DescribedAttempt described = UsageException.unless(() -> {
            DescribedAttempt attempt = described(seal);
            attempt.under(seal, CatalogView.facts()).resolved(seal);
            return attempt;
        });
        return print(PredictedDecision.of(seal, CatalogView.facts(), described, gateway(described), Instant.now()));
    }

    /** Asks the gateway, unless an option says where the resource is. */
    private PredictedDecision.GatewayAnswer gateway(DescribedAttempt described) {
        if (!environments.isEmpty()) {
            return new PredictedDecision.GatewayAnswer.NoAnswer(
                    "Whether the resource is where `--environment` says, and nowhere else. The gateway was not asked.");
        }
        try {
            AdminClient daemon = options.daemon();
            Json.Members answer = daemon.ask(RecordJson.read(AgentQuestion.ExplainAttempt.class, described.json()));
            EvidenceQuestion.ShownSeal inForce =
                    daemon.ask(new EvidenceQuestion.ShowSeal(Optional.of(answer.text("seal"))));
            return new PredictedDecision.GatewayAnswer.Answered(new GatewayDecision(
                    DraftSeals.past(answer.text("seal"), inForce.payload().canonical()), answer));
        } catch (IOException | AdminRefusedException | IllegalArgumentException e) {
            return new PredictedDecision.GatewayAnswer.NoAnswer("What the gateway would say. It could not be asked: "
                    + String.valueOf(e.getMessage()).replaceFirst("[.]$", "") + ".");
        }
    }

    private int print(PredictedDecision predicted) {
        terminal.answer(options, predicted.json().with("about", Json.object()), () -> printText(predicted));
        return switch (predicted.word()) {
            case "permit" -> ExitCodes.OK;
            case PredictedDecision.UNCERTAIN -> ExitCodes.UNCERTAIN;
            default -> ExitCodes.NO;
        };
    }

    private void printText(PredictedDecision predicted) {
        String word = predicted.word();
        boolean isUncertain = word.equals(PredictedDecision.UNCERTAIN);
        String head = isUncertain ? "PERMIT, as far as it can be known" : word.toUpperCase(Locale.ROOT);
        terminal.line((head + "  " + predicted.because()).strip());
        if (!isUncertain && !word.equals(predicted.explanation().word())) {
            terminal.line("The policies by themselves would permit it.");
        }
        predicted
                .gateway()
                .filter(decision -> !predicted.inForce() || !decision.word().equals(word))
                .ifPresent(decision -> terminal.line((predicted.inForce()
                                ? "The gateway says: "
                                : "Under the seal in force, which is not this policy directory, the gateway says: ")
                        + decision.word() + ". " + decision.because()));
        if (!predicted.unknown().isEmpty()) {
            terminal.line("Not known:");
            predicted.unknown().forEach(sentence -> terminal.line("  " + sentence));
        }
        printDetails(predicted.explanation());
    }

    private int past(String id) throws Exception {
        PastReceipts receipts = new PastReceipts(options);
        Json.Members receipt = receipts.one(id);
        return switch (new AttemptReconstruction(receipts.acts()).reconstruct(receipt)) {
            case AttemptReconstruction.ReconstructionResult.ReconstructedAttempt recalled -> {
                AttemptReconstruction.ReconstructionResult.ReconstructedAttempt attempt =
                        recalled.with(receipts.texts(id));
                Seal seal = new PastSeals(options.config())
                        .find(attempt.seal())
                        .orElseThrow(
                                () -> new IllegalArgumentException(
                                        "the seal `" + attempt.seal()
                                                + "`, under which it was decided, is not stored here, so the decision cannot be explained"));
                if (attempt.isSaltedFor(PolicyAnalysis.of(seal))) {
                    throw new IllegalArgumentException("the receipt `" + id + "` cannot be explained: "
                            + AttemptReconstruction.ReconstructionResult.ReconstructedAttempt.SALTED);
                }
                yield print(
                        DecisionExplanation.of(seal, attempt),
                        Json.object()
                                .with("receipt", id)
                                .with("seal", attempt.seal())
                                .withTexts("limits_reached", reached(receipt)));
            }
            case AttemptReconstruction.ReconstructionResult.LostAttempt lost ->
                throw new IllegalArgumentException("the receipt `" + id + "` cannot be explained: " + lost.why());
            case AttemptReconstruction.ReconstructionResult.OtherReceipt _ ->
                throw new IllegalArgumentException("the receipt `" + id
                        + "` is not about an attempt that policy decided; see `interlock receipts`");
        };
    }

    private List<String> reached(Json.Members receipt) {
        List<String> reached = receipt.get("limits").isPresent() ? receipt.texts("limits") : List.of();
        if (!options.json() && !reached.isEmpty()) {
            terminal.line("Counted before it: " + String.join(", ", reached) + ".");
        }
        return reached;
    }

    private DescribedAttempt described(Seal seal) {
        String who = agent.orElseGet(() -> only("--agent", seal.agents().keySet()));
        if (leaseEnvironments.isEmpty() && !leaseImpacts.isEmpty()) {
            throw new UsageException("`--lease-impacts` needs `--environments`: a task template sets its own impacts");
        }
        Optional<HypotheticalAttempt.LeaseScope> cover = leaseEnvironments.isEmpty()
                ? Optional.empty()
                : Optional.of(new HypotheticalAttempt.LeaseScope(
                        Set.copyOf(leaseEnvironments),
                        leaseImpacts.isEmpty() ? known() : each(leaseImpacts, Impact::of),
                        Set.of()));
        if (task.isPresent() && cover.isPresent()) {
            throw new UsageException("give either `--task` or `--environments`: each sets what the lease covers");
        }
        Optional<String> under = cover.isPresent() ? Optional.empty() : task.or(() -> Optional.of(onlyTask(seal, who)));
        CatalogFacts catalogs = CatalogView.facts();
        return new DescribedAttempt(
                who,
                under,
                cover,
                known(
                        operation.orElseThrow(() -> new UsageException(
                                "name a receipt, or an operation: interlock policy explain --operation "
                                        + "OPERATION --environment "
                                        + String.join(
                                                " --environment ",
                                                seal.environments().keySet()))),
                        catalogs,
                        seal),
                each(impacts, Impact::of),
                reversibility.map(PolicyExplainCommand::reversibility),
                resource.map(Resource::parse),
                Set.copyOf(environments),
                new TreeMap<>(facts));
    }

    /** An operation that no catalog knows counts as misspelt, unless the person states its impacts. */
    private String known(String tried, CatalogFacts catalogs, Seal seal) {
        Set<String> nameable = catalogs.of(seal).nameable(seal);
        if (nameable.contains(tried) || !impacts.isEmpty()) {
            return tried;
        }
        List<String> near = Suggestions.to(tried, nameable);
        throw new UsageException("no catalog of the seal knows `" + tried + "`"
                + (near.isEmpty() ? "" : ": the nearest are `" + String.join("`, `", near) + "`")
                + "; or name its impact with `--impact`");
    }

    private static Reversibility reversibility(String word) {
        List<Reversibility> all = List.of(Reversibility.values());
        return all.stream()
                .filter(one -> one.word().equals(word))
                .findFirst()
                .orElseThrow(() -> new UsageException("`--reversibility` is one of "
                        + String.join(
                                ", ", all.stream().map(Reversibility::word).toList()) + ", not `" + word + "`"));
    }

    private static String onlyTask(Seal seal, String agent) {
        return only(
                "--task",
                seal.tasks().values().stream()
                        .filter(known ->
                                known.agents().isEmpty() || known.agents().contains(agent))
                        .map(Seal.TaskTemplate::name)
                        .collect(Collectors.toCollection(TreeSet::new)));
    }

    private static String only(String option, Set<String> names) {
        if (names.size() != 1) {
            throw new UsageException("say which with `" + option + "`; there are: " + String.join(", ", names));
        }
        return names.iterator().next();
    }

    private static Set<Impact> known() {
        return EnumSet.complementOf(EnumSet.of(Impact.UNKNOWN));
    }

    private static <T> Set<T> each(List<String> words, Function<String, T> reader) {
        return words.stream().map(reader).collect(Collectors.toCollection(TreeSet::new));
    }

    private int print(DecisionExplanation explanation, Json.Members about) {
        terminal.answer(options, explanation.json().with("about", about), () -> {
            terminal.line((explanation.word().toUpperCase(Locale.ROOT) + "  " + explanation.verdictDetails()).strip());
            printDetails(explanation);
        });
        return explanation.word().equals("permit") ? ExitCodes.OK : ExitCodes.NO;
    }

    private void printDetails(DecisionExplanation explanation) {
        explanation.parts().forEach(this::print);
        if (!explanation.limits().isEmpty()) {
            terminal.line("");
            explanation.limits().forEach(terminal::line);
        }
    }

    private void print(DecisionExplanation.ExplainedQuestion part) {
        terminal.line("");
        terminal.line(part.operation() + ", " + part.words() + ": " + part.answer());
        for (DecisionExplanation.ExplainedPolicy policy : part.deciding()) {
            terminal.line("  " + policy.result() + ": " + policy.id() + " (" + policy.at() + ")"
                    + (policy.obligations().isEmpty() ? "" : " " + policy.obligations()));
            policy.clauses().forEach(clause -> terminal.line("    " + clause.result() + ": " + clause.text()));
        }
        terminal.line("  policies about something else: " + part.others());
    }
}
