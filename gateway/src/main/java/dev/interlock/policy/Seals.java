package dev.interlock.policy;

import dev.interlock.action.Seal;
import dev.interlock.evidence.MalformedException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Seals that are read or varied to learn something of them. None of these comes into force. */
public final class Seals {

    private Seals() {}

    /**
     * A seal of the past, by its payload.
     *
     * @throws MalformedException if the payload is not that of the seal {@code id}
     */
    public static Seal past(String id, byte[] payload) {
        Seal seal = SealJson.read(payload);
        if (!seal.id().equals(id)) {
            throw new MalformedException("this is another seal than `" + id + "`");
        }
        return seal;
    }

    /** {@code seal} with other policies; its id is the same. */
    static Seal with(Seal seal, List<Seal.PolicyText> policies) {
        return seal.with(parts -> parts.policies = policies);
    }

    /** {@code seal} with one agent as {@code agent} says; the policies are the same, and so is its id. */
    static Seal with(Seal seal, Seal.Agent agent) {
        Map<String, Seal.Agent> agents = new TreeMap<>(seal.agents());
        agents.put(agent.id(), agent);
        return seal.with(parts -> parts.agents = agents);
    }
}
