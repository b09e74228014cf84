package dev.interlock.gate;

import dev.interlock.action.Attempt;
import dev.interlock.action.Bytes;
import dev.interlock.action.Call;
import dev.interlock.action.CallSession;
import dev.interlock.action.Lease;
import dev.interlock.action.Refusal;
import dev.interlock.action.Seal;
import dev.interlock.action.UndoRules;
import dev.interlock.catalog.CallReader;
import dev.interlock.catalog.Undo;
import dev.interlock.catalog.UndoState;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.Receipt;
import dev.interlock.identity.CallIdentity;
import dev.interlock.identity.Identity;
import dev.interlock.inventory.Freshness;
import dev.interlock.inventory.Inventory;
import dev.interlock.ledger.LedgerUnavailableException;
import dev.interlock.undo.KeptState;
import dev.interlock.undo.UndoStore;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Puts back what a call changed. The restoring call is an attempt like any other: it goes through the gate under the
 * lease that asks, and its receipt names the call that it undoes.
 *
 * <p>An agent may undo its own calls for as long as the seal says. A person may undo any call whose state is still
 * kept, under a lease of the same agent.
 */
public final class UndoHandler implements UndoRequests {

    private static final System.Logger LOG = System.getLogger(UndoHandler.class.getName());

    private final Supplier<Optional<Seal>> seals;
    private final Identity identity;
    private final CallReader.Registry readers;
    private final Inventory inventory;
    private final UndoStore states;
    private final AuditRecorder records;
    private final CallHandler handler;
    private final Passages passages;
    private final StateUndo.StateReader fronts;

    /** Opens the gateway's own way to an upstream, for one undo. */
    @FunctionalInterface
    public interface Passages {

        /** Returns the way of one call to {@code upstream}. Its answer is closed unread, if it can be. */
        Upstream<?> to(Seal seal, Seal.Upstream upstream);

        /** Opens the way of what undoes the call {@code kept}; empty if the upstream begins no session. */
        default Optional<Passage> open(Seal seal, Seal.Upstream upstream, Json.Members kept) {
            return Optional.of(_ -> to(seal, upstream));
        }
    }

    /** The gateway's own way to an upstream, in a session if the upstream has sessions. */
    @FunctionalInterface
    public interface Passage extends AutoCloseable {

        /** Returns the session of its calls. */
        default CallSession session() {
            return CallSession.NONE;
        }

        /** Returns the way of {@code restoration}. Its answer is closed unread, if it can be. */
        Upstream<?> to(Call restoration);

        @Override
        default void close() {}
    }

    public UndoHandler(
            Supplier<Optional<Seal>> seals,
            Identity identity,
            CallReader.Registry readers,
            Inventory inventory,
            UndoStore states,
            AuditRecorder records,
            CallHandler handler,
            Passages passages,
            StateUndo.StateReader fronts) {
        this.fronts = fronts;
        this.seals = seals;
        this.identity = identity;
        this.readers = readers;
        this.inventory = inventory;
        this.states = states;
        this.records = records;
        this.handler = handler;
        this.passages = passages;
    }

    /**
     * A kept state compared with the present one: {@code changedSince} the call, {@code different} from before it.
     *
     * @param isReadable whether who asks may read the state: to anybody else, nothing may depend on the two lists
     */
    private record Comparison(
            Seal.Upstream upstream,
            KeptState kept,
            Optional<Undo> undo,
            String operation,
            List<String> names,
            List<String> changedSince,
            List<String> different,
            Supplier<Optional<Call>> restoration,
            boolean comparesItself,
            boolean isReadable) {}

    /** Returns the scope of the lease whose call {@code receipt} is, if the state before it is still kept. */
    public Optional<KeptState.LeaseScope> scope(String receipt) throws IOException {
        return states.find(receipt).map(KeptState::scope);
    }

    @Override
    public Result undo(Request request) {
        try {
            return switch (identity.recognise(request.presented(), request.place(), request.at())) {
                case CallIdentity.KnownCaller known -> undo(known.lease(), request);
                case CallIdentity.RejectedCaller rejected -> refused(CallerCheck.rejected(rejected), request.place());
            };
        } catch (LedgerUnavailableException e) {
            LOG.log(System.Logger.Level.ERROR, "not undone, because the ledger cannot append", e);
            return new Result.UndoRefused("", Refusals.noLedger(e), Optional.empty());
        } catch (IOException | RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "not undone, because of an internal failure: {0}", e.getClass());
            return new Result.UndoRefused("", Refusals.OURS, Optional.empty());
        }
    }

    private Result undo(Lease lease, Request request) throws IOException, LedgerUnavailableException {
        Optional<Seal> seal = seals.get();
        Optional<KeptState> kept = Receipt.isId(request.receipt()) ? states.find(request.receipt()) : Optional.empty();
        if (seal.isEmpty() || kept.isEmpty() || !mayUndo(seal.get(), lease, kept.get(), request)) {
            return refused(Resolution.Rejected.of(lease, Refusals.NOT_UNDONE), request.place());
        }
        Optional<String> undoing = states.undoing(request.receipt());
        if (undoing.isPresent()) {
            return refused(Resolution.Rejected.of(lease, Refusals.undoneBefore(undoing.get())), request.place());
        }
        Seal.Upstream upstream = seal.get().upstreams().get(kept.get().upstream());
        if (upstream == null) {
            return refused(Resolution.Rejected.of(lease, Refusals.NOT_UNDONE), request.place());
        }
        PriorState.StateContent content;
        try {
            content = PriorState.read(kept.get().content());
        } catch (MalformedException _) { // another version wrote it; its message could quote it
            return refused(Resolution.Rejected.of(lease, Refusals.NOT_UNDONE), request.place());
        }
        return switch (content) {
            case PriorState.CallContent(var call, var before) -> {
                Optional<Undo> undo = readers.find(seal.get(), upstream).flatMap(catalog -> catalog.undo(call));
                if (undo.isEmpty() || undo.get().onlyAdds(before)) {
                    Refusal refusal = undo.isEmpty() ? Refusals.NOT_UNDONE : Refusals.NOTHING_BEFORE;
                    yield refused(Resolution.Rejected.of(lease, refusal), request.place());
                }
                Optional<Passage> opened = passages.open(seal.get(), upstream, call);
                if (opened.isEmpty()) {
                    yield refused(Resolution.Rejected.of(lease, Refusals.UNREAD_STATE), request.place());
                }
                try (Passage passage = opened.get()) {
                    yield decided(
                            lease,
                            passage,
                            () -> compared(
                                    seal.get(), request, lease, passage, upstream, kept.get(), undo.get(), before),
                            request);
                }
            }
            case PriorState.FrontContent(var state) -> {
                Passage passage = _ -> passages.to(seal.get(), upstream);
                yield decided(lease, passage, () -> compared(seal.get(), upstream, kept.get(), state), request);
            }
        };
    }

    private Optional<Comparison> compared(Seal seal, Seal.Upstream upstream, KeptState kept, Bytes state) {
        try {
            return fronts.undo(seal, upstream, state)
                    .map(undo -> new Comparison(
                            upstream,
                            kept,
                            Optional.empty(),
                            undo.comparesItself() ? "rows" : "git push",
                            undo.names(),
                            undo.changedSince(),
                            undo.different(),
                            () -> Optional.of(undo.restoration().get()),
                            undo.comparesItself(),
                            true)); // commits, which name themselves; of rows nothing is compared here
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static boolean mayUndo(Seal seal, Lease lease, KeptState kept, Request request) {
        if (request.isByPerson()) {
            return kept.scope().agent().equals(lease.agent());
        }
        return kept.scope().root().equals(lease.root())
                && seal.undo()
                        .map(UndoRules::agentTime)
                        .filter(time -> request.at().isBefore(kept.at().plus(time)))
                        .isPresent();
    }

    private Optional<Comparison> compared(
            Seal seal,
            Request request,
            Lease lease,
            Passage passage,
            Seal.Upstream upstream,
            KeptState kept,
            Undo undo,
            UndoState before) {
        Optional<Bytes> answer;
        try {
            Call question = passage.session().within(undo.question()).orElseThrow(IOException::new);
            answer = Optional.of(inventory.ask(seal, upstream.name(), lease.agent(), question, Freshness.CACHED));
        } catch (IOException _) {
            answer = Optional.empty();
        }
        UndoState after = undo.after(before);
        // What a call removed does not answer. The restoring call makes it anew, and overwrites nothing.
        Optional<UndoState> now =
                answer.isEmpty() && undo.removes() ? Optional.of(after) : answer.flatMap(undo::present);
        Optional<Bytes> read = answer;
        return now.map(state -> new Comparison(
                upstream,
                kept,
                Optional.of(undo),
                undo.action().operation().toString(),
                before.names(),
                state.differences(after),
                before.differences(state),
                () -> undo.restoration(before, read),
                false,
                request.isByPerson() || handler.mayRead(attempt(request, upstream, undo.question(), passage))));
    }

    private static Attempt attempt(Request request, Seal.Upstream upstream, Call call, Passage passage) {
        return new Attempt(upstream.name(), request.presented(), request.place(), call, request.at())
                .undoing(new Attempt.UndoneCall(request.receipt(), request.isByPerson()), passage.session());
    }

    private Result decided(Lease lease, Passage passage, Supplier<Optional<Comparison>> reader, Request request)
            throws LedgerUnavailableException {
        Optional<Comparison> read = reader.get();
        if (read.isEmpty()) {
            return refused(Resolution.Rejected.of(lease, Refusals.UNREAD_STATE), request.place());
        }
        Comparison compared = read.get();
        if (request.mode() == Mode.SHOW || (request.isByPerson() && isBack(compared))) {
            return new Result.UndoReport("", shown(compared, request.isByPerson()));
        }
        if (!compared.isReadable() && request.mode() != Mode.FORCE) {
            return refused(Resolution.Rejected.of(lease, Refusals.UNTOLD_CHANGE), request.place());
        }
        if (!compared.changedSince().isEmpty() && request.mode() != Mode.FORCE) {
            return refused(
                    Resolution.Rejected.of(lease, Refusals.changedSince(compared.changedSince())), request.place());
        }
        Optional<Call> restoration = compared.restoration().get();
        if (restoration.isEmpty()) {
            return refused(Resolution.Rejected.of(lease, Refusals.NOT_UNDONE), request.place());
        }
        Attempt attempt = attempt(request, compared.upstream(), restoration.get(), passage);
        try {
            return sent(attempt, passage.to(restoration.get()), compared, reader);
        } finally {
            restoration.get().discard();
        }
    }

    private <R> Result sent(
            Attempt attempt, Upstream<R> passage, Comparison compared, Supplier<Optional<Comparison>> reader) {
        return switch (handler.handle(attempt, passage)) {
            case Outcome.Forwarded<R> forwarded -> {
                Receipt.Result result = ended(forwarded, passage);
                if (compared.comparesItself()
                        || compared.undo().flatMap(Undo::difference).isPresent()) {
                    yield uncompared(forwarded.receipt(), result, compared);
                }
                if (!compared.isReadable()) {
                    yield result == Receipt.Result.DONE
                            ? new Result.UndoReport(forwarded.receipt(), untold(compared))
                            : new Result.UndoRefused(
                                    forwarded.receipt(), Refusals.unreadAfterwards(result), Optional.empty());
                }
                Optional<Comparison> after = reader.get();
                if (after.isEmpty()) {
                    yield new Result.UndoRefused(
                            forwarded.receipt(), Refusals.unreadAfterwards(result), Optional.empty());
                }
                yield after.get().different().isEmpty()
                        ? new Result.UndoReport(forwarded.receipt(), members(compared, true))
                        : new Result.UndoRefused(forwarded.receipt(), Refusals.notRestored(result), Optional.empty());
            }
            case Outcome.Held<R> held ->
                new Result.UndoRefused(held.receipt(), held.refusal(), Optional.of(held.hold()));
            case Outcome.Refused<R> refused ->
                new Result.UndoRefused(refused.receipt(), refused.refusal(), Optional.empty());
            case Outcome.DryRunOutcome<R> tried -> throw new IllegalStateException("no dry run " + tried.receipt());
        };
    }

    /**
     * Nothing answers for a thing that is made anew, and a second undo would make another. Rows could be as the call
     * has left them once more, because of another call.
     */
    private Result uncompared(String receipt, Receipt.Result result, Comparison compared) {
        if (result != Receipt.Result.DONE) {
            return new Result.UndoRefused(receipt, Refusals.notRestored(result), Optional.empty());
        }
        if (compared.comparesItself()) {
            states.undone(compared.kept().receipt(), receipt);
        } else {
            states.drop(compared.kept().receipt());
        }
        return new Result.UndoReport(receipt, members(compared, true));
    }

    private static <R> Receipt.Result ended(Outcome.Forwarded<R> forwarded, Upstream<R> passage) {
        try (InFlightCall _ = forwarded.flight();
                AutoCloseable _ = forwarded.answer() instanceof AutoCloseable open ? open : () -> {}) {
            return passage.ending(forwarded.answer()).result();
        } catch (Exception e) {
            LOG.log(System.Logger.Level.WARNING, "the answer to an undo could not be closed: {0}", e.getClass());
            return Receipt.Result.UNKNOWN;
        }
    }

    /**
     * An agent is not told whether the state differs from before, and whether it has changed since only if it may read
     * it: it could overwrite a secret with guesses, have it put back, and compare.
     */
    private static Json.Members shown(Comparison compared, boolean isByPerson) {
        if (!compared.isReadable()) {
            return untold(compared);
        }
        Json.Members members = members(compared, isBack(compared));
        return isByPerson ? members : members.without(Set.of("differ_from_before", "restored"));
    }

    private static Json.Members untold(Comparison compared) {
        return members(compared, true).without(Set.of("differ_from_before", "changed_since", "restored"));
    }

    private static boolean isBack(Comparison compared) {
        return compared.different().isEmpty() && !compared.comparesItself();
    }

    private static Json.Members members(Comparison compared, boolean isBack) {
        KeptState kept = compared.kept();
        Json.Members members = Json.object()
                .with("undoes", kept.receipt())
                .with("agent", kept.scope().agent())
                .with("task", kept.scope().task())
                .with("upstream", kept.upstream())
                .with("operation", compared.operation())
                .with("at", kept.at().toString())
                .with("kept_until", kept.until().toString())
                .withTexts("values", compared.names())
                .withTexts("differ_from_before", isBack ? List.of() : compared.different())
                .withTexts("changed_since", isBack ? List.of() : compared.changedSince())
                .with("restored", isBack);
        return members.withOptional("anew", compared.undo().flatMap(Undo::difference));
    }

    private Result refused(Resolution.Rejected rejected, Optional<String> place) throws LedgerUnavailableException {
        return new Result.UndoRefused(records.refused(rejected, place), rejected.refusal(), Optional.empty());
    }
}
