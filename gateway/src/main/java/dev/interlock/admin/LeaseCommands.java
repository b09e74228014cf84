package dev.interlock.admin;

import dev.interlock.action.Alert;
import dev.interlock.action.Bytes;
import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.MaskedCredential;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.adminapi.AgentNaming;
import dev.interlock.adminapi.EndedLeases;
import dev.interlock.adminapi.LeaseQuestion;
import dev.interlock.adminapi.LeaseTerms;
import dev.interlock.adminapi.RecordJson;
import dev.interlock.adminapi.SignedStatement;
import dev.interlock.adminapi.StatementToSign;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.adminclient.RunProcess;
import dev.interlock.config.Suggestions;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.KeyClass;
import dev.interlock.evidence.MalformedException;
import dev.interlock.identity.LeaseRequest;
import dev.interlock.identity.LeaseStore;
import dev.interlock.identity.Leases;
import dev.interlock.identity.PersonSignatures;
import dev.interlock.ledger.LedgerUnavailableException;
import dev.interlock.store.StoreListener;
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
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.IntSupplier;
import java.util.stream.Collectors;

/** Commands about leases and runs' places; {@code cutStopped} cuts calls of ended leases, and returns their number. */
public record LeaseCommands(
        Leases leases,
        Listeners listeners,
        SignatureReader signatures,
        ServiceRules services,
        IntSupplier cutStopped,
        Consumer<Alert> alerts)
        implements CommandGroup, StoreListener {

    private static final System.Logger LOG = System.getLogger(LeaseCommands.class.getName());

    @Override
    public List<Command<?>> commands() {
        return List.of(
                Command.of(LeaseQuestion.IssueLease.class, this::issue),
                Command.of(
                        LeaseQuestion.ListLeases.class,
                        request -> list(request.seals().get())),
                Command.of(
                        LeaseQuestion.PrepareLease.class,
                        request -> prepare(request.seal(), request.question().terms())),
                Command.of(
                        LeaseQuestion.RevokeLease.class,
                        request -> revoke(request.question().lease(), request.entry())));
    }

    private StatementToSign prepare(Seal seal, LeaseTerms terms) {
        return new StatementToSign(new String(leases.prepare(seal, request(seal, terms)), StandardCharsets.UTF_8));
    }

    private LeaseQuestion.IssuedLease issue(AdminRequest<LeaseQuestion.IssueLease> request)
            throws AdminRefusedException, LedgerUnavailableException {
        LeaseQuestion.IssueLease asked = request.question();
        return issued(request, answer(request, asked.terms(), asked.signed(), Optional.empty()));
    }

    /** A request for a lease need not be signed. */
    private Leases.LeaseResult answer(
            AdminRequest<?> request,
            Optional<LeaseTerms> terms,
            Optional<SignedStatement> signed,
            Optional<String> place)
            throws AdminRefusedException, LedgerUnavailableException {
        Seal seal = request.seal();
        if (signed.isPresent()) {
            SignatureReader.ReadStatement read = signatures.read(request, Leases.NAMESPACE, signed.get());
            return leases.issue(seal, read.statement().toArray(), read.signature(), place);
        }
        LeaseRequest wanted = request(seal, terms.orElseThrow());
        return leases.issue(seal, place.map(wanted::at).orElse(wanted));
    }

    LeaseQuestion.OpenedRun open(AdminRequest<LeaseQuestion.OpenRun> request, String logKey)
            throws AdminRefusedException, LedgerUnavailableException {
        LeaseQuestion.OpenRun asked = request.question();
        Seal seal = request.seal();
        services.require(seal, asked.services().orElse(List.of()));
        Optional<RunProcess> runner = asked.runner().map(RunProcess::parse).filter(RunProcess::isAlive);
        String place = UUID.randomUUID().toString();
        LeaseQuestion.IssuedLease lease =
                issued(request, answer(request, asked.terms(), asked.signed(), Optional.of(place)));
        try {
            Listeners.OpenListener opened = listeners.open(
                    place,
                    new Listeners.PlaceUsers(request.peer().user(), asked.user().map(String::valueOf), runner));
            requireNotKilled(lease.lease());
            List<LeaseQuestion.Decoy> planted =
                    listeners.plant(place, owner(lease.terms().agent(), lease.lease()));
            return new LeaseQuestion.OpenedRun(
                    lease,
                    seal.sandbox().paths().entries(),
                    planted,
                    opened.socket().toString(),
                    opened.socket().resolveSibling(".").normalize().toString(),
                    opened.trust().toString(),
                    opened.databases(),
                    logKey);
        } catch (IOException | RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "a listener could not be opened", e);
            leases.revoke(lease.lease());
            throw new AdminRefusedException(
                    "unavailable", "The agent's listener could not be opened.", "See the daemon's log.");
        }
    }

    /** Ends a lease that was issued while a kill collected the leases to end: lifting the kill must not wake it. */
    private void requireNotKilled(String lease) throws AdminRefusedException {
        if (leases.isKilled(lease)) {
            closePlaces(leases.revoke(lease));
            throw new AdminRefusedException(
                    "refused", "A kill has stopped it meanwhile: nothing was started.", "See `interlock kill --list`.");
        }
    }

    /** Returns the lease {@code id} of a run, which {@code seal} supports and no kill has stopped. */
    Lease requireWorking(Seal seal, String id) throws AdminRefusedException {
        Lease lease =
                leases.notEnded(id).filter(found -> found.place().isPresent()).orElseThrow(() -> notInForce(id));
        if (!leases.isInForce(Optional.of(seal), id) || leases.isKilled(id)) {
            throw notInForce(id);
        }
        return lease;
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

    LeaseQuestion.ArmedDecoys arm(AdminRequest<LeaseQuestion.ArmDecoys> request)
            throws AdminRefusedException, LedgerUnavailableException {
        String id = request.question().lease();
        List<MaskedCredential> decoys = request.question().decoys();
        Lease lease = leases.notEnded(id)
                .filter(found -> found.place().isPresent())
                .orElseThrow(() -> new AdminRefusedException(
                        "not_found", "There is no listener for a lease `" + id + "`.", "See `interlock lease list`."));
        request.entry().record(Json.object().with("lease", lease.id()).with("decoys", decoys.size()));
        listeners.arm(lease.place().orElseThrow(), owner(lease.agent(), lease.id()), decoys);
        return new LeaseQuestion.ArmedDecoys(decoys.size());
    }

    LeaseQuestion.RenewedRun renew(AdminRequest<LeaseQuestion.RenewRun> request)
            throws AdminRefusedException, LedgerUnavailableException {
        String id = request.question().lease();
        Lease renewal = leases.renewal(request.seal(), id).orElseThrow(() -> notRenewed(id));
        // Recorded before it takes effect: nobody works longer than the ledger says.
        request.entry()
                .record(Json.object()
                        .with("lease", renewal.id())
                        .with("expires", renewal.expires().toString()));
        if (!leases.extend(renewal)) {
            throw notRenewed(id);
        }
        return new LeaseQuestion.RenewedRun(renewal.expires());
    }

    private static AdminRefusedException notRenewed(String id) {
        return new AdminRefusedException(
                "refused", "The lease `" + id + "` cannot be renewed.", "Start the task again.");
    }

    EndedLeases revoke(String id, ReceiptEntry entry) throws AdminRefusedException {
        return end(id, "", entry, Json.object());
    }

    EndedLeases end(String id, String reason, ReceiptEntry entry, Json.Members told) throws AdminRefusedException {
        AtomicInteger cut = new AtomicInteger();
        Leases.EndedLeases ended = leases.revoke(id, reason, () -> cut.set(cutStopped.getAsInt()));
        if (ended.leases().isEmpty()) {
            throw new AdminRefusedException(
                    "not_found",
                    "There is no lease `" + id + "` in force, so nothing was stopped.",
                    "`interlock lease list` shows the leases; `interlock kill --help` says how to stop an agent, a task, a person or everything.");
        }
        return ended(ended, cut.get(), entry, told);
    }

    static AdminRefusedException notInForce(String id) {
        return new AdminRefusedException(
                "not_found", "There is no lease `" + id + "` in force.", "See `interlock lease list`.");
    }

    /**
     * Closes what belongs to ended leases, and records their end. Ending a lease tightens: neither a ledger nor a store
     * that fails must keep it alive.
     *
     * @param cutBefore how many calls in flight were cut off for the same reason already
     */
    EndedLeases ended(Leases.EndedLeases ended, int cutBefore, ReceiptEntry entry, Json.Members told) {
        int cut = cutBefore + cutStopped.getAsInt(); // first: closing the place would end waiting requests silently
        closePlaces(ended);
        tellUnless(ended.durable());
        List<String> ids = ended.leases().stream().map(Lease::id).sorted().toList();
        boolean recorded =
                entry.done(told.withTexts("leases", ids).with("cut", cut).with("durable", ended.durable()));
        return new EndedLeases(ids.size(), cut, ended.durable(), recorded);
    }

    void closePlaces(Leases.EndedLeases ended) {
        closePlaces(
                ended.leases().stream().flatMap(lease -> lease.place().stream()).collect(Collectors.toSet()));
    }

    private void closePlaces(Set<String> left) {
        // A child that ends leaves its parent's place open.
        left.stream().filter(place -> !leases.isUsed(place)).forEach(listeners::close);
    }

    @Override
    public void changed(String kind, Set<String> keys) {
        closePlaces(leases.follow(kind, keys, () -> {
            var _ = cutStopped.getAsInt(); // who ended them has recorded it
        }));
    }

    @Override
    public void reload() {
        LeaseStore.KINDS.forEach(kind -> changed(kind, Set.of()));
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
                    "Leases ended or were stopped, but the store cannot save it: a restart would restore them.",
                    Map.of()));
        }
    }

    private LeaseQuestion.Leases list(Optional<Seal> seal) {
        return new LeaseQuestion.Leases(leases.current(seal).stream()
                .map(current -> new LeaseQuestion.CurrentLease(
                        terms(current.lease()),
                        current.suspended().isPresent() ? "suspended" : "in force",
                        current.suspended()))
                .toList());
    }

    private LeaseQuestion.IssuedLease issued(AdminRequest<?> request, Leases.LeaseResult answer)
            throws AdminRefusedException, LedgerUnavailableException {
        return switch (answer) {
            case Leases.LeaseResult.IssuedLease issued -> {
                LeaseQuestion.Lease terms = terms(issued.lease());
                try {
                    request.entry()
                            .record(signed(
                                    issued.signer(),
                                    RecordJson.write(terms)
                                            .without(Set.of("id")) // a receipt has an id of its own
                                            .with("lease", terms.id())));
                } catch (LedgerUnavailableException | RuntimeException e) {
                    leases.revoke(terms.id()); // nobody has seen the token yet
                    throw e;
                }
                yield new LeaseQuestion.IssuedLease(
                        terms,
                        terms.id(),
                        issued.token(),
                        // Beside a lease whose task is none of the seal's: somebody may have misspelt it.
                        terms.template().isPresent()
                                ? Optional.empty()
                                : Optional.of(List.copyOf(request.seal().tasks().keySet())),
                        issued.signer().flatMap(by -> unconfirmed(issued.lease(), by)));
            }
            case Leases.LeaseResult.SignatureNeeded needed ->
                throw new AdminRefusedException(
                        "signature_needed",
                        String.join(" ", needed.reasons()),
                        "Sign for it: give `--key` with the hardware SSH key of its owner, or of another person of `owners`.");
            case Leases.LeaseResult.DeniedLease denied ->
                throw new AdminRefusedException("refused", denied.reason(), denied.next());
        };
    }

    /** Returns what to do if a lone possible signer has signed with a file, which confirms nothing that destroys. */
    private static Optional<String> unconfirmed(Lease lease, PersonSignatures.VerifiedPersonSignature by) {
        String signer = by.person().name();
        boolean byFile = by.keyClass() == KeyClass.SOFTWARE;
        return byFile
                        && lease.signers().people().contains(signer)
                        && !lease.signers().usersNamed()
                ? Optional.of("`" + signer
                        + "` signed for this lease with a software key, and may approve its destructive calls only with a hardware key. If nobody else can approve, name the users who may issue leases for `"
                        + lease.agent() + "` under `users` in interlock.yaml, seal, and request the lease again.")
                : Optional.empty();
    }

    private static Json.Members signed(Optional<PersonSignatures.VerifiedPersonSignature> by, Json.Members told) {
        return by.map(signed -> told.with("signer", signed.person().name())
                        .with("key", signed.key())
                        .with("key_class", signed.keyClass().attested()))
                .orElseGet(() -> told.with("signer", "nobody"));
    }

    /** Returns the agent whose lease is asked for, by name or statement; empty if the statement cannot be read. */
    static Optional<String> agent(Seal seal, AgentNaming question) {
        if (question.signed().isEmpty()) {
            return Optional.of(question.namedAgent().orElseGet(() -> onlyAgent(seal)));
        }
        try {
            return Optional.of(Json.readObject(
                            Bytes.utf8(question.signed().get().statement()).toArray())
                    .text("agent"));
        } catch (MalformedException _) {
            return Optional.empty(); // such a statement was never prepared, and no lease is given for it
        }
    }

    /** Returns the lease that is asked for. What the terms leave out is the template's, or what everybody may have. */
    static LeaseRequest request(Seal seal, LeaseTerms terms) {
        String agent = terms.agent().orElseGet(() -> onlyAgent(seal));
        String task = terms.task();
        if (terms.environments().isEmpty() && terms.impacts().isEmpty()) {
            requireKnown(seal, task);
        }
        LeaseRequest base = Optional.ofNullable(seal.tasks().get(task))
                .map(template -> LeaseRequest.under(template, agent))
                .orElseGet(() -> LeaseRequest.readOnly(agent, task, unprotected(seal)));
        return new LeaseRequest(
                base.agent(),
                base.task(),
                base.template(),
                terms.environments().isEmpty() ? base.environments() : terms.environments(),
                terms.impacts().isEmpty() ? base.impacts() : impacts(terms.impacts()),
                terms.resources().stream().map(Resource::parse).collect(Collectors.toCollection(TreeSet::new)),
                base.place(),
                terms.ttl().map(LeaseCommands::duration).orElse(base.ttl()));
    }

    /** Refuses a task that is none of the seal: the agent would be the first to find out. */
    private static void requireKnown(Seal seal, String task) {
        Set<String> known = seal.tasks().keySet();
        if (!known.isEmpty() && !known.contains(task) && !task.equals(LeaseTerms.EXAMINATION)) {
            throw new IllegalArgumentException("There is no task `" + RecordJson.printable(task) + "` in the seal"
                    + Suggestions.after(task, known)
                    + " To only read under another name, give the environments with `--env`");
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
        Set<String> names = seal.environments().values().stream()
                .filter(environment -> !environment.isProtected())
                .map(Seal.Environment::name)
                .collect(Collectors.toCollection(TreeSet::new));
        if (names.isEmpty()) {
            throw new IllegalArgumentException(
                    "every environment is protected: name one with `--env`, and sign for the lease");
        }
        return names;
    }

    static Set<Impact> impacts(Set<String> words) {
        return words.stream().map(Impact::of).collect(Collectors.toCollection(TreeSet::new));
    }

    private static Duration duration(String text) {
        if (!text.matches("[1-9][0-9]{0,5}[smh]")) {
            throw new IllegalArgumentException(
                    "a duration must be written as `90s`, `30m` or `8h`, not `" + text + "`");
        }
        return Duration.parse("PT" + text);
    }

    private static LeaseQuestion.Lease terms(Lease lease) {
        boolean derived = !lease.root().equals(lease.id());
        return new LeaseQuestion.Lease(
                lease.id(),
                derived ? Optional.of(lease.root()) : Optional.empty(),
                lease.agent(),
                lease.person(),
                lease.task(),
                lease.template(),
                List.copyOf(lease.environments()),
                lease.impacts().stream().map(Impact::word).toList(),
                lease.resources().stream().map(Resource::toString).toList(),
                lease.issued(),
                lease.expires(),
                lease.place().isPresent());
    }
}
