package dev.interlock.admin;

import dev.interlock.action.Alert;
import dev.interlock.action.Bytes;
import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.action.Secret;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.adminclient.RunProcess;
import dev.interlock.config.Suggestions;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.KeyClass;
import dev.interlock.evidence.MalformedException;
import dev.interlock.identity.LeaseJson;
import dev.interlock.identity.LeaseRequest;
import dev.interlock.identity.Leases;
import dev.interlock.identity.PersonSignatures;
import dev.interlock.ledger.LedgerUnavailableException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.IntSupplier;

/** Commands about leases, and the places of running agents. */
public final class LeaseCommands implements CommandGroup {

    private static final String USER = "user";

    private static final String RUNNER = "runner";

    private static final System.Logger LOG = System.getLogger(LeaseCommands.class.getName());

    /** The arguments that say which lease is asked for. */
    static final Set<String> REQUEST = Set.of("agent", "environments", "impacts", "resources", "task", "ttl");

    /** The arguments that say which lease is asked for, or what was signed for it. */
    private static final Set<String> ISSUE = with(REQUEST, "signature", "statement");

    /** The arguments of {@code run.open}. */
    static final Set<String> OPEN = with(ISSUE, RUNNER, USER);

    private final Leases leases;
    private final Listeners listeners;
    private final SignatureReader signatures;
    private final IntSupplier cutStopped;
    private final Consumer<Alert> alerts;

    /**
     * Wires it.
     *
     * @param cutStopped cuts off the calls in flight of ended leases, and returns how many they were
     */
    public LeaseCommands(
            Leases leases,
            Listeners listeners,
            SignatureReader signatures,
            IntSupplier cutStopped,
            Consumer<Alert> alerts) {
        this.leases = leases;
        this.listeners = listeners;
        this.signatures = signatures;
        this.cutStopped = cutStopped;
        this.alerts = alerts;
    }

    private static Set<String> with(Set<String> names, String... more) {
        Set<String> all = new TreeSet<>(names);
        all.addAll(Set.of(more));
        return Set.copyOf(all);
    }

    @Override
    public List<Command> commands() {
        return List.of(
                Command.of("lease.issue", Entitlement.AGENT_USERS, ISSUE, this::issue),
                Command.of(
                        "lease.list",
                        Entitlement.CONSOLE,
                        Set.of(),
                        request -> list(request.seals().get())),
                Command.of(
                        "lease.prepare",
                        Entitlement.AGENT_USERS,
                        REQUEST,
                        request -> prepare(request.seal(), request.arguments())),
                Command.of("lease.revoke", Entitlement.CONSOLE, Set.of("lease"), this::revoke));
    }

    private Json.Members prepare(Seal seal, Json.Members arguments) {
        byte[] statement = leases.prepare(seal, request(seal, arguments));
        return Json.object().with("statement", new String(statement, StandardCharsets.UTF_8));
    }

    private Json.Members issue(AdminRequest request) throws AdminRefusedException, LedgerUnavailableException {
        Seal seal = request.seal();
        return beside(seal, issued(answer(seal, signed(request), Optional.empty()), request.entry()));
    }

    /** A request for a lease need not be signed. */
    private Json.Members signed(AdminRequest request) throws AdminRefusedException, LedgerUnavailableException {
        return request.arguments().get("signature").isPresent()
                ? signatures.ofStatement(request, Leases.NAMESPACE)
                : request.arguments();
    }

    /** Adds the seal's tasks to a lease whose task is none of them: somebody may have misspelt it. */
    private static Json.Members beside(Seal seal, Json.Members lease) {
        return lease.optionalText("template").isPresent()
                ? lease
                : lease.withTexts("tasks", seal.tasks().keySet());
    }

    private Leases.LeaseResult answer(Seal seal, Json.Members arguments, Optional<String> place) {
        if (arguments.get("signature").isEmpty()) {
            LeaseRequest request = request(seal, arguments);
            return leases.issue(seal, place.map(request::at).orElse(request));
        }
        // The statement is complete: any other argument might contradict what was signed.
        Json.Members signed = Arguments.only(arguments, "signature", "statement");
        byte[] statement = Bytes.utf8(signed.text("statement")).toArray();
        return leases.issue(seal, statement, signed.text("signature"), place);
    }

    /** Issues a lease that is bound to a listener of its own, and opens that for the agent's {@code user}. */
    Json.Members open(AdminRequest request) throws AdminRefusedException, LedgerUnavailableException {
        Seal seal = request.seal();
        Json.Members arguments = signed(request);
        Optional<String> agent =
                arguments.get(USER).isPresent() ? Optional.of(Long.toString(arguments.whole(USER))) : Optional.empty();
        Optional<RunProcess> runner =
                arguments.optionalText(RUNNER).map(RunProcess::parse).filter(RunProcess::isAlive);
        String place = UUID.randomUUID().toString();
        Json.Members lease =
                issued(answer(seal, arguments.without(Set.of(RUNNER, USER)), Optional.of(place)), request.entry());
        try {
            Listeners.OpenListener opened = listeners.open(
                    place, new Listeners.PlaceUsers(request.peer().user(), agent, runner));
            requireNotKilled(lease.text("lease"));
            List<Json> planted = listeners.plant(place, owner(lease.text("agent"), lease.text("lease"))).stream()
                    .<Json>map(one -> Json.object().with("path", one.path()).with("content", one.content()))
                    .toList();
            return beside(seal, lease)
                    .with("executed", seal.sandbox().paths().json())
                    .with("planted", new Json.Array(planted))
                    .with("socket", opened.socket().toString())
                    .with("trust", opened.trust().toString())
                    .with(
                            "directory",
                            opened.socket().resolveSibling(".").normalize().toString());
        } catch (IOException | RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "a listener could not be opened", e);
            leases.revoke(lease.text("lease"));
            throw new AdminRefusedException(
                    "unavailable", "The agent's listener could not be opened.", "See the daemon's log.");
        }
    }

    /**
     * Ends a lease that was issued while a kill was collecting the leases to end: lifting the kill must not wake it.
     */
    private void requireNotKilled(String lease) throws AdminRefusedException {
        if (leases.isKilled(lease)) {
            closePlaces(leases.revoke(lease));
            throw new AdminRefusedException(
                    "refused", "A kill has stopped it meanwhile: nothing was started.", "See `interlock kill --list`.");
        }
    }

    /** Returns whether the lease {@code id} was opened for a run and has not ended. */
    boolean isOpen(String id) {
        return leases.notEnded(id).filter(lease -> lease.place().isPresent()).isPresent();
    }

    /**
     * Opens the places of leases that have not ended again, unless their runs' processes have ended. Returns these
     * leases, and who may enter.
     */
    Map<String, Listeners.PlaceUsers> reopen() {
        Map<String, Listeners.PlaceUsers> reopened = new TreeMap<>();
        listeners
                .reopen(leases.places())
                .forEach((place, entrants) -> leases.at(place).ifPresent(lease -> reopened.put(lease.id(), entrants)));
        return reopened;
    }

    private static String owner(String agent, String lease) {
        return agent + " (" + lease + ")";
    }

    /** Registers the decoys that lie in a workspace, in the place of masked credentials. */
    Json.Members arm(AdminRequest request) throws AdminRefusedException, LedgerUnavailableException {
        String id = request.text("lease");
        Lease lease = leases.notEnded(id)
                .filter(found -> found.place().isPresent())
                .orElseThrow(() -> new AdminRefusedException(
                        "not_found", "There is no listener for a lease `" + id + "`.", "See `interlock lease list`."));
        List<Secret> decoys = Arguments.texts(request.arguments(), "decoys").stream()
                .map(Secret::new)
                .toList();
        request.entry().record(Json.object().with("lease", lease.id()).with("decoys", decoys.size()));
        listeners.arm(lease.place().orElseThrow(), owner(lease.agent(), lease.id()), decoys);
        return Json.object().with("decoys", decoys.size());
    }

    Json.Members renew(AdminRequest request) throws AdminRefusedException, LedgerUnavailableException {
        Seal seal = request.seal();
        String id = request.text("lease");
        Lease renewal = leases.renewal(seal, id).orElseThrow(() -> notRenewed(id));
        // Recorded before it takes effect: nobody works longer than the ledger says.
        request.entry()
                .record(Json.object()
                        .with("lease", renewal.id())
                        .with("expires", renewal.expires().toString()));
        if (!leases.extend(renewal)) {
            throw notRenewed(id);
        }
        return Json.object().with("expires", renewal.expires().toString());
    }

    private static AdminRefusedException notRenewed(String id) {
        return new AdminRefusedException(
                "refused", "The lease `" + id + "` cannot be renewed.", "Start the task again.");
    }

    Json.Members revoke(AdminRequest request) throws AdminRefusedException {
        return end(request.text("lease"), "", request.entry(), Json.object());
    }

    /** Ends a lease for {@code reason}, and records {@code told} with that. */
    Json.Members end(String id, String reason, AdminReceipts.ReceiptEntry entry, Json.Members told)
            throws AdminRefusedException {
        Leases.EndedLeases ended = leases.revoke(id, reason);
        if (ended.leases().isEmpty()) {
            throw new AdminRefusedException(
                    "not_found", "There is no lease `" + id + "` in force.", "See `interlock lease list`.");
        }
        return ended(ended, 0, entry, told);
    }

    /**
     * Closes what belongs to ended leases, and records their end. Ending a lease tightens: neither a ledger nor a store
     * that fails must keep it alive.
     *
     * @param cutBefore how many calls in flight were cut off for the same reason already
     */
    Json.Members ended(Leases.EndedLeases ended, int cutBefore, AdminReceipts.ReceiptEntry entry, Json.Members told) {
        int cut = cutBefore + cutStopped.getAsInt(); // first: closing the place would end waiting requests silently
        closePlaces(ended);
        tellUnless(ended.durable());
        List<String> ids = ended.leases().stream().map(Lease::id).sorted().toList();
        Json.Members result =
                Json.object().with("killed", ids.size()).with("cut", cut).with("durable", ended.durable());
        return entry.done(result, told.withTexts("leases", ids).with("cut", cut).with("durable", ended.durable()));
    }

    /** Closes the places of leases that have ended. */
    void closePlaces(Leases.EndedLeases ended) {
        Set<String> used = leases.places(); // a child that ends leaves its parent's place open
        ended.leases().stream()
                .flatMap(lease -> lease.place().stream())
                .filter(place -> !used.contains(place))
                .distinct()
                .forEach(listeners::close);
    }

    /** Closes the places of leases that have run out, and writes ends that the store could not take before. */
    @Override
    public void runPeriodically() {
        listeners.closeUnused(leases::places);
        tellUnless(leases.settle());
    }

    void tellUnless(boolean durable) {
        if (!durable) {
            alerts.accept(new Alert(
                    Alert.AlertKind.STORE_TROUBLE,
                    Alert.Severity.ALARM,
                    "Leases ended or were stopped, but the store cannot save it: a restart " + "would restore them.",
                    Map.of(),
                    Optional.empty()));
        }
    }

    private Json.Members list(Optional<Seal> seal) {
        return Json.object().withItems("leases", leases.current(seal).stream().map(LeaseCommands::json));
    }

    private static Json.Members json(Leases.CurrentLease current) {
        Json.Members lease = json(current.lease());
        return current.suspended()
                .map(why -> lease.with("state", "suspended").with("why", why))
                .orElseGet(() -> lease.with("state", "in force"));
    }

    private Json.Members issued(Leases.LeaseResult answer, AdminReceipts.ReceiptEntry entry)
            throws AdminRefusedException, LedgerUnavailableException {
        return switch (answer) {
            case Leases.LeaseResult.IssuedLease issued -> {
                try {
                    entry.record(signed(
                            issued.signer(),
                            json(issued.lease())
                                    .without(Set.of("id")) // a receipt has an id of its own
                                    .with("lease", issued.lease().id())));
                } catch (LedgerUnavailableException | RuntimeException e) {
                    leases.revoke(issued.lease().id()); // nobody has seen the token yet
                    throw e;
                }
                yield json(issued.lease())
                        .with("lease", issued.lease().id())
                        .with("token", issued.token().<String>use(token -> token))
                        .withOptional("next", issued.signer().flatMap(by -> unconfirmed(issued.lease(), by)));
            }
            case Leases.LeaseResult.SignatureNeeded needed ->
                throw new AdminRefusedException(
                        "signature_needed",
                        String.join(" ", needed.reasons()),
                        "Sign for it: give `--key` with the hardware SSH key of its owner, or "
                                + "of another person of `owners`.");
            case Leases.LeaseResult.DeniedLease denied ->
                throw new AdminRefusedException("refused", denied.reason(), denied.next());
        };
    }

    /**
     * Returns what to do if {@code by}, perhaps the only possible signer, has signed with a file: a file can confirm
     * nothing that the lease destroys.
     */
    private static Optional<String> unconfirmed(Lease lease, PersonSignatures.VerifiedPersonSignature by) {
        String signer = by.person().name();
        boolean byFile = by.keyClass() == KeyClass.SOFTWARE;
        return byFile
                        && lease.signers().people().contains(signer)
                        && !lease.signers().usersNamed()
                ? Optional.of("`" + signer + "` signed for this lease with a software key, and may "
                        + "approve its destructive calls only with a hardware key. If "
                        + "nobody else can approve, name the users who may issue "
                        + "leases for `" + lease.agent()
                        + "` under `users` in interlock.yaml, seal, and request the "
                        + "lease again.")
                : Optional.empty();
    }

    private static Json.Members signed(Optional<PersonSignatures.VerifiedPersonSignature> by, Json.Members told) {
        return by.map(signed -> told.with("signer", signed.person().name())
                        .with("key", signed.key())
                        .with("key_class", signed.keyClass().word()))
                .orElseGet(() -> told.with("signer", "nobody"));
    }

    /**
     * Returns the agent whose lease is asked for, by the arguments or by the signed statement; empty if the statement
     * cannot be read.
     */
    static Optional<String> agent(Seal seal, Json.Members arguments) {
        if (arguments.get("signature").isEmpty()) {
            return Optional.of(arguments.optionalText("agent").orElseGet(() -> onlyAgent(seal)));
        }
        try {
            return Optional.of(
                    Json.readObject(Bytes.utf8(arguments.text("statement")).toArray())
                            .text("agent"));
        } catch (MalformedException _) {
            return Optional.empty(); // such a statement was never prepared, and no lease is given for it
        }
    }

    /**
     * Returns the lease that is asked for. What the arguments leave out comes from the task's template, or is what
     * everybody may have.
     */
    static LeaseRequest request(Seal seal, Json.Members arguments) {
        Arguments.only(arguments, REQUEST);
        String agent = arguments.optionalText("agent").orElseGet(() -> onlyAgent(seal));
        String task = arguments.text("task");
        Set<String> environments = Arguments.texts(arguments, "environments");
        Set<String> impacts = Arguments.texts(arguments, "impacts");
        if (environments.isEmpty() && impacts.isEmpty()) {
            refuseMisspelled(seal, task);
        }
        LeaseRequest base = Optional.ofNullable(seal.tasks().get(task))
                .map(template -> LeaseRequest.under(template, agent))
                .orElseGet(() -> LeaseRequest.readOnly(agent, task, unprotected(seal)));
        Set<Resource> resources = new TreeSet<>();
        Arguments.texts(arguments, "resources").forEach(resource -> resources.add(Resource.parse(resource)));
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

    /**
     * Refuses a task that is a typing mistake for one of the seal. A lease without a template would hardly permit
     * anything, and the agent would find out first. Somebody who means the name states what the lease covers.
     */
    private static void refuseMisspelled(Seal seal, String task) {
        Set<String> known = seal.tasks().keySet();
        if (!known.contains(task)) {
            Suggestions.misspelled(task, known).ifPresent(meant -> {
                throw new IllegalArgumentException("There is no task `" + Arguments.printable(task)
                        + "` in the seal. Is it `" + meant
                        + "`? For a lease without a template, name its environments with `--env`");
            });
        }
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
                    "every environment is protected: name one with `--env`, and sign for the " + "lease");
        }
        return names;
    }

    private static Set<Impact> impacts(Set<String> words) {
        Set<Impact> impacts = new TreeSet<>();
        words.forEach(word -> impacts.add(Impact.of(word)));
        return impacts;
    }

    /** Reads a time such as {@code 90s}, {@code 30m} or {@code 8h}. */
    private static Duration duration(String text) {
        if (!text.matches("[1-9][0-9]{0,5}[smh]")) {
            throw new IllegalArgumentException(
                    "a duration must be written as `90s`, `30m` or " + "`8h`, not `" + text + "`");
        }
        return Duration.parse("PT" + text);
    }

    private static Json.Members json(Lease lease) {
        boolean derived = !lease.root().equals(lease.id());
        return LeaseJson.write(lease)
                .without(derived ? Set.of("place") : Set.of("root", "place"))
                .with("bound", lease.place().isPresent());
    }
}
