package dev.interlock.identity;

import dev.interlock.action.Seal;
import dev.interlock.evidence.Json;
import java.util.Optional;
import java.util.Set;

/** The statements by which people have texts of receipts erased, and lift a legal hold. Threading: any. */
public final class TextOrders {

    /** The SSHSIG namespace for these statements, and for nothing else. */
    public static final String NAMESPACE = "interlock-texts@v1";

    public static final String SUBJECT = "subject";
    public static final String HOLD = "legal_hold";

    private static final String TYPE = "interlock-text-order@v1";
    private static final Set<String> ADDED = Set.of("seal", "opened_at", "expires");

    private final SignedOrders orders;

    TextOrders(SignedOrders orders) {
        this.orders = orders;
    }

    /** Returns the statement that the texts of receipts that name {@code subject} are erased. */
    public byte[] prepareErasure(Seal seal, String subject, Optional<String> reason) {
        return orders.prepare(
                seal, order(seal, Json.object().with(SUBJECT, subject).withOptional("reason", reason)));
    }

    /** Returns the statement that the legal hold {@code name} is lifted. */
    public byte[] prepareLift(Seal seal, String name) {
        return orders.prepare(seal, order(seal, Json.object().with(HOLD, name)));
    }

    /** Checks who signed {@code statement}, and whether they may. Its subject is what it says, for the one or other. */
    public SignedOrders.OrderResult<Json.Members> check(Seal seal, byte[] statement, String signature, String about) {
        return orders.check(
                seal,
                statement,
                signature,
                asked -> asked.get(about).map(_ -> order(seal, asked.without(ADDED).without(Set.of("type")))),
                _ -> "The statement is about something else.");
    }

    // An erasure takes away what agents said, so any agent may gain by it.
    private static SignedOrders.Order<Json.Members> order(Seal seal, Json.Members content) {
        return new SignedOrders.Order<>(
                content,
                NAMESPACE,
                "the order",
                content.with("type", TYPE),
                _ -> false,
                person -> seal.agents().values().stream()
                        .filter(agent -> agent.owner().equals(person))
                        .map(Seal.Agent::id)
                        .findFirst());
    }
}
