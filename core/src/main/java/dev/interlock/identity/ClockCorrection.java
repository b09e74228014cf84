package dev.interlock.identity;

import dev.interlock.action.Seal;
import dev.interlock.evidence.Json;
import java.util.Optional;

/**
 * The statement by which a person confirms that the clock is right now, although the gateway knows a later time.
 * Threading: any.
 */
public final class ClockCorrection {

    /** The SSHSIG namespace for these statements, and for nothing else. */
    public static final String NAMESPACE = "interlock-clock@v1";

    private static final String STATEMENT_TYPE = "interlock-clock-correction@v1";

    private final SignedOrders orders;

    ClockCorrection(SignedOrders orders) {
        this.orders = orders;
    }

    /** Returns the statement that the clock, as {@code opened_at}, is right: to be signed within ten minutes. */
    public byte[] prepare(Seal seal) {
        return orders.prepare(seal, order(seal));
    }

    /** Checks who confirms the clock by {@code statement}, and whether they may. */
    public SignedOrders.OrderResult<String> check(Seal seal, byte[] statement, String signature) {
        return orders.check(seal, statement, signature, _ -> Optional.of(order(seal)), _ -> "");
    }

    // A correction can make leases valid for longer, so any agent gains by it.
    private static SignedOrders.Order<String> order(Seal seal) {
        return new SignedOrders.Order<>(
                "the clock",
                NAMESPACE,
                "the clock",
                Json.object().with("type", STATEMENT_TYPE),
                _ -> false,
                person -> seal.agents().values().stream()
                        .filter(agent -> agent.owner().equals(person))
                        .map(Seal.Agent::id)
                        .findFirst());
    }
}
