package dev.interlock.policy;

import com.cedarpolicy.model.AuthorizationRequest;
import com.cedarpolicy.model.entity.Entity;
import com.cedarpolicy.value.CedarList;
import com.cedarpolicy.value.CedarMap;
import com.cedarpolicy.value.EntityTypeName;
import com.cedarpolicy.value.EntityUID;
import com.cedarpolicy.value.PrimBool;
import com.cedarpolicy.value.PrimLong;
import com.cedarpolicy.value.PrimString;
import com.cedarpolicy.value.Value;
import dev.interlock.action.Backup;
import dev.interlock.action.BlastRadius;
import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.action.Sensed;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Questions about one attempt in Cedar's terms. What it sends is what {@link CedarSchema} declares. */
final class Entities {

    private static final EntityTypeName AGENT = type("Agent");
    private static final EntityTypeName TEAM = type("Team");
    private static final EntityTypeName ENVIRONMENT = type("Environment");
    private static final EntityTypeName RESOURCE = type("Resource");
    private static final EntityTypeName IMPACT = type("Impact::Action");
    private static final EntityTypeName OPERATION = type("Operation::Action");

    private final Seal seal;
    private final Sensed sensed;
    private final Entity principal;
    private final Value radius;

    Entities(Seal seal, Seal.Agent agent, Sensed sensed) {
        this.seal = seal;
        this.sensed = sensed;
        this.principal = new Entity(
                new EntityUID(AGENT, agent.id()),
                Map.of("owner", new PrimString(agent.owner())),
                uids(TEAM, agent.teams()));
        this.radius = radius(sensed.radius());
    }

    AuthorizationRequest request(Question question) {
        return new AuthorizationRequest(
                principal.getEUID(),
                new EntityUID(OPERATION, question.operation().toString()),
                new EntityUID(RESOURCE, question.placement().resource().toString()),
                context(question));
    }

    /**
     * The entities that {@code question} is about.
     *
     * <p>INVARIANT: the action is in one impact and the resource in one environment, those asked for. With two, a
     * policy about either would permit both.
     */
    Set<Entity> entities(Question question) {
        Entity action = new Entity(
                new EntityUID(OPERATION, question.operation().toString()),
                Set.of(new EntityUID(IMPACT, question.impact().word())));
        Resource id = question.placement().resource();
        Set<EntityUID> parents = new HashSet<>();
        parents.add(new EntityUID(ENVIRONMENT, question.environment()));
        question.placement().groups().forEach(group -> parents.add(new EntityUID(RESOURCE, group.toString())));
        Map<String, Value> attributes = Map.of(
                "provider", new PrimString(id.provider()),
                "kind", new PrimString(id.type()),
                "known", new PrimBool(question.placement().known()));
        return Set.of(principal, action, new Entity(new EntityUID(RESOURCE, id.toString()), attributes, parents));
    }

    private Map<String, Value> context(Question question) {
        Seal.Environment environment = seal.environments().get(question.environment());
        return Map.of(
                "upstream", new PrimString(sensed.attempt().upstream()),
                "environment", new PrimString(question.environment()),
                // An environment that the seal does not know is treated as the worst.
                "protected", new PrimBool(environment == null || environment.isProtected()),
                "reversibility", new PrimString(question.reversibility().word()),
                "lease", lease(sensed.lease(), question.environment()),
                "radius", radius);
    }

    private static Value lease(Lease lease, String environment) {
        Map<String, Value> fields = new HashMap<>();
        fields.put("id", new PrimString(lease.id()));
        fields.put("agent", new PrimString(lease.agent()));
        fields.put("person", new PrimString(lease.person()));
        fields.put("task", new PrimString(lease.task()));
        lease.template().ifPresent(name -> fields.put("template", new PrimString(name)));
        fields.put("environments", strings(lease.environments()));
        fields.put("impacts", strings(lease.impacts().stream().map(Impact::word).toList()));
        fields.put("names_environment", new PrimBool(lease.environments().contains(environment)));
        fields.put("narrowed", new PrimBool(!lease.resources().isEmpty()));
        return new CedarMap(fields);
    }

    /** Each of these grows with what an attempt touches: see {@link RadiusUse}. */
    private static Value radius(BlastRadius radius) {
        Set<Resource> saved = radius.survivors().stream().map(Backup::of).collect(Collectors.toSet());
        long unsaved =
                radius.lost().stream().filter(lost -> !saved.contains(lost)).count();
        return new CedarMap(Map.of(
                "environments", strings(radius.environments()),
                "lost", new PrimLong((long) radius.lost().size()),
                "lost_backups", new PrimLong((long) radius.lostBackups().size()),
                "unsaved", new PrimLong(unsaved)));
    }

    private static Value strings(Collection<String> values) {
        return new CedarList(values.stream().<Value>map(PrimString::new).toList());
    }

    private static Set<EntityUID> uids(EntityTypeName type, Collection<String> ids) {
        return ids.stream().map(id -> new EntityUID(type, id)).collect(Collectors.toSet());
    }

    private static EntityTypeName type(String name) {
        return EntityTypeName.parse(name).orElseThrow();
    }
}
