package dev.interlock.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.catalog.graphql.Value;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Tests that a path leads to the same values as its definition, step by step. */
final class ArgumentPathTest {

    private static final List<String> STEPS = List.of("a", "b", "c", ArgumentPath.ANY, ArgumentPath.NAMES);

    @Tag("random")
    @Test
    void leadsWhereEachStepLeads() {
        long seed = Long.getLong("interlock.seed", 20_261_127L);
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        for (int i = 0; i < 20_000; i++) {
            List<String> steps = new ArrayList<>();
            for (int length = random.nextInt(4); length > 0; length--) {
                steps.add(STEPS.get(random.nextInt(STEPS.size())));
            }
            Map<String, Value> arguments = members(random, 0);
            List<Value> ends = new ArrayList<>();
            walk(new Value.Members(arguments), steps, ends);
            ArgumentPath path = new ArgumentPath(steps);
            assertThat(path.in(arguments)).as("seed %d", seed).isEqualTo(ends);
            assertThat(path.each(arguments))
                    .as("seed %d", seed)
                    .isEqualTo(ends.stream()
                            .flatMap(end -> ArgumentPath.opened(end).stream())
                            .toList());
        }
    }

    private static void walk(Value value, List<String> left, List<Value> into) {
        if (left.isEmpty()) {
            into.add(value);
            return;
        }
        List<String> rest = left.subList(1, left.size());
        if (value instanceof Value.Items(var items)) {
            items.forEach(item -> walk(item, left, into));
        } else if (value instanceof Value.Members(var members)) {
            Stream<Value> next = switch (left.getFirst()) {
                case ArgumentPath.ANY -> members.values().stream();
                case ArgumentPath.NAMES -> members.keySet().stream().sorted().map(Value.Text::new);
                default -> members.containsKey(left.getFirst()) ? Stream.of(members.get(left.getFirst())) : Stream.of();
            };
            next.forEach(one -> walk(one, rest, into));
        }
    }

    private static Map<String, Value> members(RandomGenerator random, int depth) {
        Map<String, Value> members = new LinkedHashMap<>();
        for (String name : List.of("c", "a", "b")) {
            if (random.nextInt(3) > 0) {
                members.put(name, value(random, depth + 1));
            }
        }
        return members;
    }

    private static Value value(RandomGenerator random, int depth) {
        return switch (random.nextInt(depth > 3 ? 2 : 4)) {
            case 0 -> new Value.NullLiteral();
            case 1 -> new Value.Text("t" + random.nextInt(3));
            case 2 -> new Value.Members(members(random, depth));
            default ->
                new Value.Items(Stream.generate(() -> value(random, depth + 1))
                        .limit(random.nextInt(3))
                        .toList());
        };
    }
}
