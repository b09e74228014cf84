package dev.interlock.gate;

import dev.interlock.action.Attempt;
import dev.interlock.action.Bytes;
import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.Refusal;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.catalog.graphql.Value;
import dev.interlock.identity.CallIdentity;
import dev.interlock.identity.ChildLeaseScope;
import dev.interlock.identity.Identity;
import dev.interlock.identity.Leases;
import dev.interlock.ledger.LedgerUnavailableException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Gives the holder of a lease a narrower child of it. The lease's token is all the proof that is needed: nothing is
 * given that its holder does not have.
 */
public final class LeaseDerivation implements LeaseDeriver {

    private static final System.Logger LOG = System.getLogger(LeaseDerivation.class.getName());
    private static final Set<String> MEMBERS = Set.of("environments", "impacts", "resources", "ttl");

    private final Identity identity;
    private final Leases leases;
    private final AuditRecorder records;
    private final CallHandler handler;
    private final Supplier<Optional<Seal>> seals;

    public LeaseDerivation(
            Identity identity,
            Leases leases,
            AuditRecorder records,
            CallHandler handler,
            Supplier<Optional<Seal>> seals) {
        this.identity = identity;
        this.leases = leases;
        this.records = records;
        this.handler = handler;
        this.seals = seals;
    }

    @Override
    public Result derive(List<Attempt.PresentedCredential> presented, Optional<String> place, Bytes asked, Instant at) {
        try {
            return switch (identity.recognise(presented, place, at)) {
                case CallIdentity.KnownCaller known -> derive(known.lease(), place, asked);
                case CallIdentity.NoCredential _
                when place.filter(Lease::isRemote).isPresent() -> issue(place.get(), asked);
                case CallIdentity.RejectedCaller rejected -> refused(CallerCheck.rejected(rejected), place);
            };
        } catch (LedgerUnavailableException e) {
            LOG.log(System.Logger.Level.ERROR, "not derived, because the ledger cannot append", e);
            return new Result.RefusedDerivation("", Refusals.noLedger(e));
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "not derived, because of an internal failure", e);
            return new Result.RefusedDerivation("", Refusals.OURS);
        }
    }

    private Result derive(Lease parent, Optional<String> place, Bytes asked) throws LedgerUnavailableException {
        Optional<Outcome.Refused<Void>> carried = handler.searched(parent, place, asked);
        if (carried.isPresent()) {
            return new Result.RefusedDerivation(
                    carried.get().receipt(), carried.get().refusal());
        }
        ChildLeaseScope narrowing;
        try {
            narrowing = read(asked);
        } catch (IllegalArgumentException _) { // its message quotes what an agent wrote
            return refused(Resolution.Rejected.of(parent, Refusals.UNREAD_DERIVATION.notUnderstood()), place);
        }
        return switch (leases.derive(parent, narrowing, place)) {
            case Leases.LeaseResult.IssuedLease(Lease child, var token, var _) ->
                new Result.DerivedLease(recorded(child, () -> records.derived(parent, child)), child, token);
            case Leases.LeaseResult.DeniedLease(var reason, var next) ->
                refused(Resolution.Rejected.of(parent, Refusal.denied(reason, next, List.of())), place);
            case Leases.LeaseResult.SignatureNeeded _ -> throw new IllegalStateException("a child needs no signature");
        };
    }

    /** Issues a machine's own lease. Its certificate, by which the front knows it, is all the proof that is needed. */
    private Result issue(String machine, Bytes asked) throws LedgerUnavailableException {
        Optional<String> place = Optional.of(machine);
        if (!isEmptyObject(asked)) {
            return refused(Resolution.Rejected.of(Refusals.NARROWED_MACHINE.notUnderstood()), place);
        }
        Optional<Seal> seal = seals.get();
        if (seal.isEmpty()) {
            return refused(Resolution.Rejected.of(Refusals.UNSEALED_MACHINE.unavailable()), place);
        }
        return switch (leases.issueToMachine(seal.get(), machine)) {
            case Leases.LeaseResult.IssuedLease(Lease lease, var token, var _) ->
                new Result.DerivedLease(recorded(lease, () -> records.issued(lease)), lease, token);
            case Leases.LeaseResult.DeniedLease(var reason, var next) ->
                refused(Resolution.Rejected.of(Refusal.denied(reason, next, List.of())), place);
            case Leases.LeaseResult.SignatureNeeded(var reasons) ->
                refused(Resolution.Rejected.of(Refusals.machineTooWide(reasons)), place);
        };
    }

    private static boolean isEmptyObject(Bytes asked) {
        return Value.find(asked).orElse(null) instanceof Value.Members(var members) && members.isEmpty();
    }

    private interface LeaseRecord {
        String write() throws LedgerUnavailableException;
    }

    /** Records a new lease. If that fails the lease ends at once, and nobody has seen its token yet. */
    private String recorded(Lease lease, LeaseRecord written) throws LedgerUnavailableException {
        try {
            return written.write();
        } catch (LedgerUnavailableException | RuntimeException e) {
            leases.revoke(lease.id());
            throw e;
        }
    }

    private Result refused(Resolution.Rejected rejected, Optional<String> place) throws LedgerUnavailableException {
        return new Result.RefusedDerivation(records.refused(rejected, place), rejected.refusal());
    }

    private static ChildLeaseScope read(Bytes asked) {
        if (!(Value.find(asked).orElse(null) instanceof Value.Members(var members))
                || !MEMBERS.containsAll(members.keySet())) {
            throw new IllegalArgumentException("not an object with these members");
        }
        Set<Impact> impacts = EnumSet.noneOf(Impact.class);
        texts(members.get("impacts")).forEach(word -> impacts.add(Impact.of(word)));
        Set<Resource> resources = new TreeSet<>();
        texts(members.get("resources")).forEach(name -> resources.add(Resource.parse(name)));
        return new ChildLeaseScope(
                new TreeSet<>(texts(members.get("environments"))), impacts, resources, duration(members.get("ttl")));
    }

    private static List<String> texts(@Nullable Value value) {
        if (value == null) {
            return List.of();
        }
        List<String> texts = new ArrayList<>();
        if (!(value instanceof Value.Items(var items)) || items.isEmpty()) {
            throw new IllegalArgumentException("not an array with at least one string");
        }
        items.forEach(item -> texts.add(text(item)));
        return texts;
    }

    private static Optional<Duration> duration(@Nullable Value value) {
        if (value == null) {
            return Optional.empty();
        }
        String text = text(value);
        if (!text.matches("[1-9][0-9]{0,5}[smh]")) {
            throw new IllegalArgumentException("a time");
        }
        return Optional.of(Duration.parse("PT" + text));
    }

    private static String text(Value value) {
        if (value instanceof Value.Text(String text)) {
            return text;
        }
        throw new IllegalArgumentException("a string");
    }
}
