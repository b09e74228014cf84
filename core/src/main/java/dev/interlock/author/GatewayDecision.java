package dev.interlock.author;

import dev.interlock.action.Placement;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.evidence.Json;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The gateway's answer to the question what it would decide about a described attempt now.
 *
 * @param inForce the seal under which it decided
 * @param answer its answer, as its admin command {@code explain} gives it
 */
public record GatewayDecision(Seal inForce, Json.Members answer) {

    /** Returns {@code permit}, {@code hold}, {@code refuse} or {@code uncertain}. */
    public String word() {
        return answer.text("verdict");
    }

    public String because() {
        return answer.text("because");
    }

    List<String> gaps() {
        return answer.texts("gaps");
    }

    /** Returns whether a kill, a freeze or a limit decided, which no other policy changes. */
    boolean isStopped() {
        return answer.flag("stopped") || !answer.texts("limits").isEmpty();
    }

    /** Returns whether {@code draft} is what is in force. */
    public boolean isOf(Seal draft) {
        return inForce.equals(draft.with(parts -> {
            parts.id = inForce.id();
            parts.sequence = inForce.sequence();
            parts.sealedAt = inForce.sealedAt();
            parts.expires = inForce.expires();
            parts.observeUntil = inForce.observeUntil();
        }));
    }

    boolean places(Seal draft, String upstream) {
        Seal.Upstream known = draft.upstreams().get(upstream);
        return known != null
                && known.equals(inForce.upstreams().get(upstream))
                && draft.environments().equals(inForce.environments())
                && draft.backups().equals(inForce.backups());
    }

    /** Returns {@code local} with the places and the loss that the gateway found. */
    ResolvedAttempt locate(ResolvedAttempt local) {
        Json.Members meaning = answer.object("meaning");
        Map<Resource, Placement> places = new TreeMap<>();
        AttemptReconstruction.placements(meaning).forEach((resource, placement) -> {
            TreeSet<Resource> groups = new TreeSet<>();
            answer.object("groups").texts(resource.toString()).forEach(group -> groups.add(Resource.parse(group)));
            places.put(
                    resource,
                    new Placement(
                            resource, placement.environments(), groups, placement.provenance(), placement.known()));
        });
        return new ResolvedAttempt(
                local.attempt(),
                local.lease(),
                local.actions(),
                places,
                AttemptReconstruction.radius(meaning.object("radius")),
                local.outgoing(),
                local.digests());
    }
}
