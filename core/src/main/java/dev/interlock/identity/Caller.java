package dev.interlock.identity;

import dev.interlock.action.Lease;
import dev.interlock.action.Refusal;
import java.util.List;
import java.util.Optional;

/** Who is calling, as far as the call's credential carriers tell. */
public sealed interface Caller {

    /** The next step that never leads to another token. */
    String USE_THE_LEASE =
            "Send the lease that this task was given (`INTERLOCK_LEASE`) and no other credential. If the "
                    + "task needs more than its lease allows, ask its owner for an elevation; do not look for another token.";

    /** Somebody with a lease in force. */
    record Known(Lease lease) implements Caller {}

    /** Anybody else. */
    sealed interface Rejected extends Caller {
        /** What to answer. */
        Refusal refusal();
    }

    /**
     * It carried a credential that is not the lease: an alarm, whatever else it carried.
     *
     * @param carrier where it was, as {@code header authorization}
     * @param fingerprint keyed; tells this credential from others without telling it
     * @param wouldOpen what it would have opened, if the vault or a decoy knows it
     * @param beside the lease in force that came with it, if one did
     */
    record Foreign(String carrier, String fingerprint, Optional<String> wouldOpen, Optional<Lease> beside)
            implements Rejected {

        private static final String DECOY = "decoy-";

        /** Whether it is a decoy. */
        public boolean isDecoy() {
            return wouldOpen.filter(Foreign::isDecoy).isPresent();
        }

        /** Whether what is known by the name {@code known} is a decoy. */
        static boolean isDecoy(String known) {
            return known.startsWith(DECOY);
        }

        @Override
        public Refusal refusal() {
            return new Refusal(
                    Refusal.Kind.FOREIGN_CREDENTIAL,
                    Refusal.Finality.FINAL,
                    "This is policy, not a fault of the credential: the call carried a credential other than its lease ("
                            + carrier + "), and such credentials are refused here, whatever they would open elsewhere.",
                    USE_THE_LEASE,
                    List.of("every call that carries a credential other than the lease"),
                    Optional.empty());
        }
    }

    /** It carried no credential. */
    record Absent() implements Rejected {
        @Override
        public Refusal refusal() {
            return denied("The call carried no lease.", USE_THE_LEASE);
        }
    }

    /** It carried a token that stands for no lease. */
    record Unknown(String fingerprint) implements Rejected {
        @Override
        public Refusal refusal() {
            return denied("The call's token stands for no lease that this gateway knows.", USE_THE_LEASE);
        }
    }

    /** The lease ended by itself. */
    record Expired(Lease lease) implements Rejected {
        @Override
        public Refusal refusal() {
            return denied(
                    "The lease `" + lease.id() + "` expired at " + lease.expires() + ".",
                    "Ask the owner of this task to renew its lease, or to start the task again.");
        }
    }

    /**
     * Somebody ended the lease.
     *
     * @param reason why, in their words; empty if they gave none
     */
    record Revoked(Lease lease, String reason) implements Rejected {
        @Override
        public Refusal refusal() {
            return denied(
                    "The lease `" + lease.id() + "` was ended by a person"
                            + (reason.isEmpty() ? "." : ": " + reason + "."),
                    "Stop, and tell the owner of this task; only a person can issue another lease.");
        }
    }

    /** The lease may be in force, and a kill stops it. */
    record Killed(Lease lease, Kill kill) implements Rejected {
        @Override
        public Refusal refusal() {
            return kill.refusal();
        }
    }

    /** The lease is bound to another place than the one the call arrived at. */
    record Misplaced(Lease lease) implements Rejected {
        @Override
        public Refusal refusal() {
            return denied(
                    "The lease `" + lease.id() + "` is bound to its own sandbox and is not accepted here.",
                    "Send the call through the address that this task was started with.");
        }
    }

    /**
     * The lease is in force by itself, but the seal in force no longer carries it.
     *
     * @param why a whole sentence
     */
    record Withdrawn(Lease lease, String why) implements Rejected {
        @Override
        public Refusal refusal() {
            return denied(
                    "The lease `" + lease.id() + "` is no longer covered by the seal in force. " + why,
                    "Ask the owner of this task for a new lease.");
        }
    }

    /** The clock stands before the lease began, or before what it showed earlier: no expiry can be trusted. */
    record Untimely() implements Rejected {
        @Override
        public Refusal refusal() {
            return Refusal.unavailable(
                    "The gateway's clock went backwards, so that it cannot tell which leases have expired.",
                    "Wait; the operator has to correct the clock. Nothing was sent.");
        }
    }

    private static Refusal denied(String reason, String next) {
        return Refusal.denied(reason, next, List.of("every call with this lease"));
    }
}
