package dev.interlock.policy;

import com.cedarpolicy.model.AuthorizationRequest;
import com.cedarpolicy.model.entity.Entity;
import com.cedarpolicy.value.CedarMap;
import com.cedarpolicy.value.EntityTypeName;
import com.cedarpolicy.value.EntityUID;
import com.cedarpolicy.value.Value;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Translates a question into Cedar entities. It sends what {@link CedarSchema} declares, and every {@link Trait}. */
record Entities(PolicyRequest asked) {

    private static final Map<String, EntityTypeName> TYPES = EntityUid.TYPES.stream()
            .collect(Collectors.toMap(
                    Function.identity(), name -> EntityTypeName.parse(name).orElseThrow()));
    private static final List<String> CONTEXT = List.of("context");

    AuthorizationRequest request() {
        Map<String, Value> context = attributes(CONTEXT);
        for (String part : List.of("lease", "radius")) {
            context.put(part, new CedarMap(attributes(List.of("context", part))));
        }
        return new AuthorizationRequest(
                cedar(EntityUid.principal(asked)),
                cedar(EntityUid.action(asked)),
                cedar(EntityUid.resource(asked)),
                context);
    }

    /**
     * Returns the entities that the question is about.
     *
     * <p>INVARIANT: the action lies in one impact and the resource in one environment, those of the question. With two,
     * a policy about either would permit both.
     */
    Set<Entity> entities() {
        return Set.of(
                entity(EntityUid.principal(asked), "principal", EntityUid.teams(asked)),
                entity(EntityUid.action(asked), "action", List.of(EntityUid.impact(asked))),
                entity(EntityUid.resource(asked), "resource", EntityUid.places(asked)));
    }

    private Entity entity(EntityUid uid, String variable, List<EntityUid> parents) {
        Set<EntityUID> ancestors = new HashSet<>();
        parents.forEach(parent -> ancestors.add(cedar(parent)));
        return new Entity(cedar(uid), attributes(List.of(variable)), ancestors);
    }

    private Map<String, Value> attributes(List<String> holder) {
        Map<String, Value> attributes = new HashMap<>();
        for (Trait trait : Trait.ALL) {
            if (trait.isAttributeOf(holder)) {
                trait.of(asked).cedar().ifPresent(value -> attributes.put(trait.attribute(), value));
            }
        }
        return attributes;
    }

    private static EntityUID cedar(EntityUid uid) {
        return new EntityUID(Objects.requireNonNull(TYPES.get(uid.type())), uid.id());
    }
}
