package dev.interlock.identity;

import dev.interlock.action.Lease;
import dev.interlock.action.Refusal;
import java.util.List;
import java.util.Optional;

/** The sender of a call, as far as the call's credential carriers reveal it. */
public sealed interface CallIdentity {

    /** The next step in refusals; it never leads to another token. */
    String USE_THE_LEASE =
            "Send the lease that this task was given (`INTERLOCK_LEASE`) and no other credential. If the task needs more than its lease allows, ask its owner for an elevation; do not look for another token.";

    record KnownCaller(Lease lease) implements CallIdentity {}

    sealed interface RejectedCaller extends CallIdentity {
        Refusal refusal();
    }

    /**
     * The call carried a credential that is not the lease, which raises an alert: by its keyed fingerprint, and the
     * name of the vault's credential or decoy, if it is one. A lease in force may be {@code beside} it.
     */
    record ForeignCredential(String carrier, String fingerprint, Optional<String> wouldOpen, Optional<Lease> beside)
            implements RejectedCaller {

        private static final String DECOY = "decoy-";

        public boolean isDecoy() {
            return wouldOpen.filter(ForeignCredential::isDecoy).isPresent();
        }

        static boolean isDecoy(String known) {
            return known.startsWith(DECOY);
        }

        @Override
        public Refusal refusal() {
            return new Refusal(
                    Refusal.Kind.FOREIGN_CREDENTIAL,
                    Refusal.Finality.FINAL,
                    "Policy forbids this: the call carried a credential other than its lease (" + carrier
                            + "). Interlock refuses every such credential, even a valid one.",
                    USE_THE_LEASE,
                    List.of("every call that carries a credential other than the lease"),
                    Optional.empty());
        }
    }

    record NoCredential() implements RejectedCaller {
        @Override
        public Refusal refusal() {
            return denied("The call carried no lease.", USE_THE_LEASE);
        }
    }

    /** The call carried the name of a variable where the lease belongs: nobody has set it. */
    record UnsetVariable() implements RejectedCaller {
        @Override
        public Refusal refusal() {
            return denied(
                    "The call carried the name of an environment variable, such as `${INTERLOCK_LEASE}`, in the place of a lease: the client's settings name it, and it is not set.",
                    "Start the client with the lease in that variable: `interlock run` sets it. Elsewhere: export INTERLOCK_LEASE=….");
        }
    }

    /** The call carried a token of no known lease. */
    record UnknownToken(String fingerprint) implements RejectedCaller {
        @Override
        public Refusal refusal() {
            return denied("The call's token does not belong to any lease of this gateway.", USE_THE_LEASE);
        }
    }

    record ExpiredLease(Lease lease) implements RejectedCaller {
        @Override
        public Refusal refusal() {
            return denied(
                    "The lease `" + lease.id() + "` expired at " + lease.expires() + ".",
                    "Ask the owner of this task to renew its lease, or to start the task again.");
        }
    }

    /** Somebody revoked the lease; the reason is empty if they gave none. */
    record RevokedLease(Lease lease, String reason) implements RejectedCaller {
        @Override
        public Refusal refusal() {
            return denied(
                    "The lease `" + lease.id() + "` was revoked by a person"
                            + (reason.isEmpty() ? "." : ": " + reason + "."),
                    "Stop, and tell the owner of this task; only a person can issue another lease.");
        }
    }

    /** A kill stops the lease, which may be in force. */
    record KilledLease(Lease lease, Kill kill) implements RejectedCaller {
        @Override
        public Refusal refusal() {
            return kill.refusal();
        }
    }

    /** The call arrived at another place than the one that the lease is bound to. */
    record MisplacedLease(Lease lease) implements RejectedCaller {
        @Override
        public Refusal refusal() {
            if (lease.place().isEmpty()) {
                return denied(
                        "The lease `" + lease.id()
                                + "` is accepted on the gateway's own machine only: it is bound to no certificate.",
                        "Take a lease of this machine: post `{}` to `/.interlock/leases` with its certificate and no lease.");
            }
            if (lease.place().filter(Lease::isRemote).isPresent()) {
                return denied(
                        "The lease `" + lease.id()
                                + "` is bound to the certificate of another machine and is not accepted here.",
                        "Send the call from its own machine, with the certificate of that machine.");
            }
            return denied(
                    "The lease `" + lease.id() + "` is bound to its own sandbox and is not accepted here.",
                    "Send the call through the address that this task was started with.");
        }
    }

    /** The lease has not ended, but the seal in force no longer supports it: a whole sentence says why. */
    record UnsupportedLease(Lease lease, String why) implements RejectedCaller {
        @Override
        public Refusal refusal() {
            return denied(
                    "The lease `" + lease.id() + "` is no longer covered by the seal in force. " + why,
                    "Ask the owner of this task for a new lease.");
        }
    }

    /** The clock shows a time before the lease began, or one that it showed before. No expiry can be trusted. */
    record ClockSetBack() implements RejectedCaller {
        @Override
        public Refusal refusal() {
            return Refusal.unavailable(
                    "The gateway's clock went backwards, so it cannot determine which leases have expired.",
                    "Nothing was sent. Tell the operator: `interlock status` says what the clock shows and what to do. A lease that was issued while the clock was ahead must be requested again.");
        }
    }

    private static Refusal denied(String reason, String next) {
        return Refusal.denied(reason, next, List.of("every call with this lease"));
    }
}
