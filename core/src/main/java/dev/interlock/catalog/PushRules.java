package dev.interlock.catalog;

import static java.util.Objects.requireNonNull;

import dev.interlock.action.Action;
import dev.interlock.action.Bytes;
import dev.interlock.action.Call;
import dev.interlock.action.Fact;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.Provenance;
import dev.interlock.action.PushedRef;
import dev.interlock.catalog.RestReader.RestRequest;
import dev.interlock.catalog.graphql.Value;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** A catalog's judgement of one push by Git. Its body says what it does, and another package reads that. */
public final class PushRules {

    private static final String PUSH = "push";

    private final PushOperations operations;
    private final RestClassifier classifier;
    private final Map<String, String> parameters;
    private final HttpCall outgoing;

    PushRules(PushOperations operations, RestClassifier classifier, RestRequest request, HttpCall outgoing) {
        this(operations, classifier, Map.copyOf(request.parameters()), outgoing);
    }

    private PushRules(
            PushOperations operations, RestClassifier classifier, Map<String, String> parameters, HttpCall outgoing) {
        this.operations = operations;
        this.classifier = classifier;
        this.parameters = parameters;
        this.outgoing = outgoing;
    }

    /** Returns the same judgement by {@code answers}. */
    public PushRules knowing(ProviderAnswers answers) {
        return new PushRules(operations, new RestClassifier(classifier.knowledge(), answers), parameters, outgoing);
    }

    /** Returns the request as it would be sent, with the body that it came with. */
    public Call outgoing() {
        return outgoing;
    }

    /** Returns the path of pushes to the repository, equal for all of them, however their clients write its name. */
    public String subject() {
        return operations.push().line().template().filled(parameters);
    }

    /** Returns what a push of {@code refs} does, an action for each. A push of nothing only asks. */
    public List<Action> judge(List<PushedRef> refs) {
        return refs.isEmpty()
                ? List.of(judge(operations.nothing(), parameters, Map.of()))
                : judge(refs, PushOperations.PushOperation::asSent);
    }

    /**
     * Returns the same while the gateway keeps all that would be lost.
     *
     * @param time how long it is kept, for people
     */
    public List<Action> judgeKept(List<PushedRef> refs, String time) {
        return judge(refs, PushOperations.PushOperation::whileKept).stream()
                .map(action -> Undo.marked(action, time))
                .toList();
    }

    private List<Action> judge(List<PushedRef> refs, Function<PushOperations.PushOperation, RestOperation> form) {
        List<Action> actions = new ArrayList<>();
        for (PushedRef ref : refs) {
            Map<String, String> named = new TreeMap<>(parameters);
            if (ref.change() != PushedRef.Change.CREATE) {
                named.put("ref", ref.shortName()); // as in the path of the REST operation with this name
            }
            RestOperation operation = form.apply(operations.of(ref.change()));
            Map<String, Value> arguments = arguments(ref);
            measured(operation.entry().rules(), arguments, ref);
            actions.add(found(judge(operation, named, arguments), ref.files().diff()));
        }
        return actions;
    }

    /** Returns whether machines run a file of this name. */
    public Predicate<String> runs() {
        List<ArgumentCondition> ofFiles = Stream.of(operations.create(), operations.update())
                .flatMap(operation -> ofFiles(operation.asSent().entry().rules()).stream())
                .toList();
        return file -> runs(ofFiles, file);
    }

    /** Returns the conditions that say of each file by itself whether machines run it. */
    private static List<ArgumentCondition> ofFiles(List<CatalogEntry.ArgumentRule> rules) {
        return rules.stream()
                .filter(rule -> rule.impacts().contains(Impact.EXECUTE))
                .map(CatalogEntry.ArgumentRule::condition)
                .filter(condition -> !condition.paths().isEmpty()
                        && Set.of(PushOperations.FILES).containsAll(condition.paths()))
                .toList();
    }

    /** Adds what rules say of the ref and of each file by itself. */
    private static void measured(List<CatalogEntry.ArgumentRule> rules, Map<String, Value> arguments, PushedRef ref) {
        Map<String, Value> push = new LinkedHashMap<>(((Value.Members) requireNonNull(arguments.get(PUSH))).members());
        List<ArgumentCondition> ofFiles = ofFiles(rules);
        List<String> running = ref.files().brought().stream()
                .filter(file -> runs(ofFiles, file) || ref.files().installing().contains(file))
                .toList();
        if (!running.isEmpty()) {
            push.put("runs", texts(running));
        }
        boolean deploys = rules.stream()
                .map(CatalogEntry.ArgumentRule::condition)
                .anyMatch(condition -> !condition.paths().isEmpty()
                        && PushOperations.REF.containsAll(condition.paths())
                        && condition.holds(arguments));
        if (deploys) {
            push.put("deploys", new Value.Flag(true));
        }
        arguments.put(PUSH, new Value.Members(push));
    }

    private static boolean runs(List<ArgumentCondition> ofFiles, String file) {
        Map<String, Value> alone = Map.of(PUSH, new Value.Members(Map.of("files", texts(List.of(file)))));
        return ofFiles.stream().anyMatch(condition -> condition.holds(alone));
    }

    /** Returns {@code action} with all that the gateway has read in the push and the repository marked as found out. */
    private static Action found(Action action, String diff) {
        Stream<Fact> read = action.facts().stream()
                .map(fact -> fact.name().startsWith(Fact.PUSHED)
                        ? new Fact(fact.name(), fact.value(), Provenance.RESOLVED, fact.isSalted())
                        : fact);
        Stream<Fact> changed =
                diff.isEmpty() ? Stream.of() : Stream.of(new Fact(Fact.DIFF, diff, Provenance.RESOLVED, true));
        return action.withFacts(Stream.concat(read, changed).toList());
    }

    private static Map<String, Value> arguments(PushedRef ref) {
        Map<String, Value> body = new LinkedHashMap<>();
        body.put("ref", new Value.Text(ref.name()));
        body.put("sha", new Value.Text(ref.sha()));
        body.put("force", new Value.Flag(ref.isForced()));
        Map<String, Value> push = new LinkedHashMap<>();
        push.put("commits", number(ref.files().commits()));
        push.put("brings", new Value.Text(ref.brings().word()));
        push.put("default", new Value.Flag(ref.isDefault()));
        push.put("files", texts(ref.files().brought()));
        push.put("paths", texts(ref.files().all()));
        if (!ref.files().installing().isEmpty()) {
            push.put("installing", texts(ref.files().installing()));
        }
        if (!ref.files().messages().isEmpty()) {
            push.put("messages", freeTexts(ref.files().messages()));
        }
        if (!ref.files().newest().isEmpty()) {
            push.put("newest", freeTexts(ref.files().newest()));
        }
        push.put("lost", number(ref.lost()));
        push.put("people", texts(ref.history().authors()));
        push.put("written", new Value.Text(ref.history().written()));
        if (!ref.history().others().isEmpty()) {
            push.put("others", texts(ref.history().others()));
        }
        Map<String, Value> arguments = new HashMap<>();
        arguments.put("ref", new Value.Text(ref.shortName()));
        arguments.put("body", new Value.Members(body));
        arguments.put(PUSH, new Value.Members(push));
        return arguments;
    }

    private static Value number(OptionalInt number) {
        return number.isPresent()
                ? new Value.Numeric(BigDecimal.valueOf(number.getAsInt()))
                : new Value.Text(Fact.UNCOUNTED);
    }

    private static Value texts(List<String> texts) {
        return items(texts, Value.Word::new);
    }

    /** Returns what people have written, of which receipts hold no word. */
    private static Value freeTexts(List<String> texts) {
        return items(texts, Value.Text::new);
    }

    private static Value items(List<String> texts, Function<String, Value> form) {
        return new Value.Items(texts.stream().map(form).toList());
    }

    private Action judge(RestOperation operation, Map<String, String> named, Map<String, Value> pushed) {
        Map<String, Value> arguments = new HashMap<>(pushed);
        named.forEach((name, value) -> arguments.put(name, new Value.Text(value)));
        return classifier.judge(new RestRequest(operation, named, arguments, List.of(), Bytes.empty()));
    }
}
