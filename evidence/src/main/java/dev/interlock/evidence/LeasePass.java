package dev.interlock.evidence;

import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Checks, in the order of the receipts, what each lease covered, and whether intents stayed within that. */
final class LeasePass {

    private static final String DERIVE = "lease.derive";
    private static final Set<String> ISSUING = Set.of("lease.issue", "run.open", DERIVE);
    private static final List<String> HOLDER = List.of("agent", "person", "task", "root");

    private record IssuedLease(Json.Members receipt, Set<String> environments, Set<String> impacts, Instant expires) {

        static IssuedLease read(Json.Members receipt) {
            return new IssuedLease(
                    receipt,
                    new TreeSet<>(receipt.texts("environments")),
                    new TreeSet<>(receipt.texts("impacts")),
                    new StrictFields(receipt).instant("expires"));
        }

        IssuedLease until(Instant later) {
            return new IssuedLease(receipt, environments, impacts, later);
        }

        boolean isWithin(IssuedLease wider) {
            return wider.environments().containsAll(environments)
                    && wider.impacts().containsAll(impacts);
        }
    }

    private final Map<String, IssuedLease> leases = new HashMap<>();

    Optional<String> accept(Receipt act) {
        Json.Members members = act.members();
        if (members.get("expires").isEmpty()) { // an attempt that failed
            return Optional.empty();
        }
        try {
            if (ISSUING.stream().anyMatch(act::isAct)) {
                return issued(members.text("lease"), IssuedLease.read(members), act.isAct(DERIVE));
            }
            return act.isAct("run.renew") ? renewed(members) : Optional.empty();
        } catch (MalformedException e) {
            return Optional.of("its lease cannot be read: " + e.getMessage());
        }
    }

    private Optional<String> issued(String id, IssuedLease lease, boolean isDerived) {
        if (leases.putIfAbsent(id, lease) != null) {
            return Optional.of("it issues the lease `" + id + "` a second time");
        }
        if (!isDerived) {
            return Optional.empty();
        }
        String parent = lease.receipt().text("parent");
        return Optional.ofNullable(leases.get(parent)).filter(lease::isWithin).isPresent()
                ? Optional.empty()
                : Optional.of("it derives a lease that is wider than `" + parent + "`");
    }

    private Optional<String> renewed(Json.Members members) {
        Instant later = new StrictFields(members).instant("expires");
        return leases.computeIfPresent(members.text("lease"), (_, lease) -> lease.until(later)) == null
                ? Optional.of("it renews a lease that no earlier receipt issues")
                : Optional.empty();
    }

    /** Returns why the lease of {@code intent} does not cover it. If it names an elevation, that covers it instead. */
    Optional<String> objection(Receipt intent, IntentMeaning meaning, Optional<SealDocument> seal) {
        Json.Members members = intent.members();
        String id = members.text("lease");
        IssuedLease lease = leases.get(id);
        if (lease == null) {
            return Optional.of("no earlier receipt issues its lease `" + id + "`");
        }
        if (!HOLDER.stream()
                .allMatch(name -> members.get(name).equals(lease.receipt().get(name)))) {
            return Optional.of("its lease was issued to somebody else");
        }
        if (!intent.at().isBefore(lease.expires().plus(IntentMeaning.COMING))) {
            return Optional.of("its lease had expired");
        }
        if (members.get(ElevationPass.ELEVATION).isPresent()
                || meaning.isWithin(lease.impacts(), lease.environments(), seal)) {
            return Optional.empty();
        }
        return Optional.of("its lease does not cover it");
    }
}
