package dev.interlock.admin;

import dev.interlock.action.Bytes;
import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.evidence.Json;
import dev.interlock.identity.LeaseRequest;
import dev.interlock.identity.Leases;
import dev.interlock.ledger.LedgerUnavailableException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;

/** Leases, and the places of running agents. */
public final class LeaseCommands {

    private final Leases leases;
    private final Listeners listeners;

    public LeaseCommands(Leases leases, Listeners listeners) {
        this.leases = leases;
        this.listeners = listeners;
    }

    Json.Members prepare(Seal seal, Json.Members arguments) {
        byte[] statement = leases.prepare(seal, request(seal, arguments));
        return Json.object().with("statement", new String(statement, StandardCharsets.UTF_8));
    }

    Json.Members issue(Seal seal, Json.Members arguments, Journal.Entry entry)
            throws AdminRefusedException, LedgerUnavailableException {
        Optional<String> signature = arguments.optionalText("signature");
        return issued(
                signature.isPresent()
                        ? leases.issue(
                                seal, Bytes.utf8(arguments.text("statement")).toArray(), signature.get())
                        : leases.issue(seal, request(seal, arguments)),
                entry);
    }

    /** Issues a lease that is bound to a listener of its own, and opens that. */
    Json.Members open(Seal seal, Json.Members arguments, Journal.Entry entry)
            throws AdminRefusedException, LedgerUnavailableException {
        String place = UUID.randomUUID().toString();
        Json.Members lease = issued(leases.issue(seal, request(seal, arguments).at(place)), entry);
        try {
            Path socket = listeners.open(place);
            return lease.with("socket", socket.toString())
                    .with("directory", socket.resolveSibling(".").normalize().toString());
        } catch (IOException e) {
            leases.revoke(lease.text("lease"));
            throw new AdminRefusedException(
                    "unavailable", "The agent's listener could not be opened.", "Look at the daemon's log.");
        }
    }

    Json.Members renew(Seal seal, String id, Journal.Entry entry)
            throws AdminRefusedException, LedgerUnavailableException {
        Lease lease = leases.renew(seal, id)
                .orElseThrow(() -> new AdminRefusedException(
                        "refused", "The lease `" + id + "` cannot be renewed.", "Start the task again."));
        entry.record(Json.object()
                .with("lease", lease.id())
                .with("expires", lease.expires().toString()));
        return Json.object().with("expires", lease.expires().toString());
    }

    Json.Members revoke(String id, Journal.Entry entry) throws AdminRefusedException {
        List<Lease> ended = leases.revoke(id);
        if (ended.isEmpty()) {
            throw new AdminRefusedException(
                    "not_found", "There is no lease `" + id + "` in force.", "See `interlock lease list`.");
        }
        return ended(ended, entry);
    }

    Json.Members kill(Json.Members arguments, Journal.Entry entry) throws AdminRefusedException {
        Optional<String> lease = arguments.optionalText("lease");
        return lease.isPresent() ? revoke(lease.get(), entry) : ended(leases.revokeAll(), entry);
    }

    /** Tightening takes effect first and alone: a ledger that cannot append must not keep a lease alive. */
    private Json.Members ended(List<Lease> ended, Journal.Entry entry) {
        ended.forEach(lease -> lease.place().ifPresent(listeners::close));
        List<String> ids = ended.stream().map(Lease::id).toList();
        try {
            entry.record(Json.object().withTexts("leases", ids));
        } catch (LedgerUnavailableException e) {
            return Json.object().with("killed", ids.size()).with("recorded", false);
        }
        return Json.object().with("killed", ids.size()).with("recorded", true);
    }

    Json.Members list() {
        return Json.object()
                .with(
                        "leases",
                        new Json.Array(leases.list().stream()
                                .filter(listed -> listed.revoked().isEmpty())
                                .<Json>map(listed -> json(listed.lease()))
                                .toList()));
    }

    private Json.Members issued(Leases.Answer answer, Journal.Entry entry)
            throws AdminRefusedException, LedgerUnavailableException {
        return switch (answer) {
            case Leases.Answer.Issued issued -> {
                try {
                    entry.record(
                            json(issued.lease()).with("signer", issued.signer().orElse("nobody")));
                } catch (LedgerUnavailableException e) {
                    leases.revoke(issued.lease().id()); // nobody has seen the token yet
                    throw e;
                }
                yield json(issued.lease())
                        .with("lease", issued.lease().id())
                        .with("token", issued.token().<String>use(token -> token));
            }
            case Leases.Answer.SignatureNeeded needed ->
                throw new AdminRefusedException(
                        "signature_needed",
                        String.join(" ", needed.reasons()),
                        "Sign for it: give `--key` with the owner's SSH key.");
            case Leases.Answer.Denied denied ->
                throw new AdminRefusedException("refused", denied.reason(), "Ask for less, or change the seal.");
        };
    }

    /** What is asked for; what is not said comes from the task's template, or is what anybody may have. */
    private static LeaseRequest request(Seal seal, Json.Members arguments) {
        String agent = arguments.optionalText("agent").orElseGet(() -> onlyAgent(seal));
        String task = arguments.text("task");
        LeaseRequest base = Optional.ofNullable(seal.tasks().get(task))
                .map(template -> LeaseRequest.under(template, agent))
                .orElseGet(() -> LeaseRequest.readOnly(agent, task, unprotected(seal)));
        Set<String> environments = texts(arguments, "environments");
        Set<String> impacts = texts(arguments, "impacts");
        Set<Resource> resources = new TreeSet<>();
        texts(arguments, "resources").forEach(resource -> resources.add(Resource.parse(resource)));
        return new LeaseRequest(
                base.agent(),
                base.task(),
                base.template(),
                environments.isEmpty() ? base.environments() : environments,
                impacts.isEmpty() ? base.impacts() : impacts(impacts),
                resources,
                base.place(),
                arguments.optionalText("ttl").map(LeaseCommands::duration).orElse(base.ttl()));
    }

    private static String onlyAgent(Seal seal) {
        if (seal.agents().size() != 1) {
            throw new IllegalArgumentException("name the agent with `--agent`: the seal enrols "
                    + String.join(", ", seal.agents().keySet()));
        }
        return seal.agents().keySet().iterator().next();
    }

    private static Set<String> unprotected(Seal seal) {
        Set<String> names = new TreeSet<>();
        seal.environments().values().stream()
                .filter(environment -> !environment.isProtected())
                .forEach(environment -> names.add(environment.name()));
        if (names.isEmpty()) {
            throw new IllegalArgumentException(
                    "every environment is protected: name one with `--env`, and sign for it");
        }
        return names;
    }

    private static Set<Impact> impacts(Set<String> words) {
        Set<Impact> impacts = new TreeSet<>();
        words.forEach(word -> impacts.add(Impact.of(word)));
        return impacts;
    }

    private static Set<String> texts(Json.Members arguments, String name) {
        Set<String> texts = new TreeSet<>();
        arguments.items(name).forEach(item -> texts.add(item instanceof Json.Text text ? text.value() : ""));
        return texts;
    }

    /** {@code 90s}, {@code 30m} or {@code 8h}. */
    private static Duration duration(String text) {
        if (!text.matches("[1-9][0-9]{0,5}[smh]")) {
            throw new IllegalArgumentException("a time is written `90s`, `30m` or `8h`, not `" + text + "`");
        }
        return Duration.parse("PT" + text);
    }

    private static Json.Members json(Lease lease) {
        return Json.object()
                .with("id", lease.id())
                .with("agent", lease.agent())
                .with("person", lease.person())
                .with("task", lease.task())
                .withTexts("environments", lease.environments())
                .withTexts("impacts", lease.impacts().stream().map(Impact::word).toList())
                .withTexts(
                        "resources",
                        lease.resources().stream().map(Resource::toString).toList())
                .with("bound", lease.place().isPresent())
                .with("issued", lease.issued().toString())
                .with("expires", lease.expires().toString());
    }
}
