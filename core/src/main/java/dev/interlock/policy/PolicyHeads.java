package dev.interlock.policy;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Finds the policies whose heads (principal, action and resource) match a question. Cedar stops at the first false part
 * and a head raises no error, so leaving out a policy whose head does not match changes nothing. A head that is not
 * understood counts as matching. Threading: immutable.
 */
final class PolicyHeads {

    private final HeadPart principals = new HeadPart(EntityUid.AGENT);
    private final HeadPart actions = new HeadPart(EntityUid.OPERATION);
    private final HeadPart resources = new HeadPart(EntityUid.RESOURCE);

    private final int size;

    PolicyHeads(List<PolicyRule> rules) {
        size = rules.size();
        for (int i = 0; i < rules.size(); i++) {
            JsonNode tree = rules.get(i).tree();
            principals.add(i, tree.path("principal"));
            actions.add(i, tree.path("action"));
            resources.add(i, tree.path("resource"));
        }
    }

    BitSet matching(PolicyRequest asked) {
        BitSet matching = principals.matching(EntityUid.principal(asked), EntityUid.teams(asked));
        matching.and(actions.matching(EntityUid.action(asked), List.of(EntityUid.impact(asked))));
        matching.and(resources.matching(EntityUid.resource(asked), EntityUid.places(asked)));
        return matching;
    }

    BitSet about(EntityUid action, EntityUid impact) {
        return actions.matching(action, List.of(impact));
    }

    /** Returns those that match a question; of one that heads may misread, all. */
    BitSet matchingOrAll(PolicyRequest asked) {
        if (asked.hasFaithfulForm()) {
            return matching(asked);
        }
        BitSet all = new BitSet();
        all.set(0, size);
        return all;
    }

    private static final class HeadPart {

        private final String type;
        private final BitSet always = new BitSet();
        private final Map<EntityUid, BitSet> equal = new HashMap<>();
        private final Map<EntityUid, BitSet> within = new HashMap<>();

        HeadPart(String type) {
            this.type = type;
        }

        void add(int rule, JsonNode part) {
            switch (shape(part)) {
                case "op:==,entity" -> add(equal, rule, List.of(part.path("entity")));
                case "op:in,entity" -> add(within, rule, List.of(part.path("entity")));
                case "op:in,entities" -> add(within, rule, part.path("entities"));
                case "op:is,entity_type" -> {
                    if (part.path("entity_type").asText().equals(type)) {
                        always.set(rule);
                    }
                }
                case "op:is,entity_type,in" -> {
                    if (part.path("entity_type").asText().equals(type)) {
                        add(within, rule, List.of(part.path("in").path("entity")));
                    }
                }
                default -> always.set(rule);
            }
        }

        private static String shape(JsonNode part) {
            List<String> members = new ArrayList<>();
            part.fieldNames().forEachRemaining(members::add);
            members.remove("op");
            members.sort(null);
            String names = members.isEmpty() ? "" : "," + String.join(",", members);
            return "op:" + part.path("op").asText() + names;
        }

        private void add(Map<EntityUid, BitSet> index, int rule, Iterable<JsonNode> entities) {
            Set<EntityUid> uids = new HashSet<>();
            for (JsonNode entity : entities) {
                if (entity.size() != 2
                        || !entity.path("type").isTextual()
                        || !entity.path("id").isTextual()) {
                    always.set(rule);
                    return;
                }
                uids.add(new EntityUid(
                        entity.path("type").asText(), entity.path("id").asText()));
            }
            uids.forEach(uid -> index.computeIfAbsent(uid, _ -> new BitSet()).set(rule));
        }

        BitSet matching(EntityUid self, List<EntityUid> ancestors) {
            BitSet matching = (BitSet) always.clone();
            unite(matching, equal.get(self));
            unite(matching, within.get(self)); // an entity is in itself
            ancestors.forEach(ancestor -> unite(matching, within.get(ancestor)));
            return matching;
        }

        private static void unite(BitSet all, @org.jspecify.annotations.Nullable BitSet more) {
            if (more != null) {
                all.or(more);
            }
        }
    }
}
