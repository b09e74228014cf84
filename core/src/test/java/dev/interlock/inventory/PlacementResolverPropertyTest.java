package dev.interlock.inventory;

import static dev.interlock.inventory.TestingSeal.resource;
import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Placement;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.inventory.Topology.Project;
import dev.interlock.inventory.Topology.ServiceInstance;
import dev.interlock.inventory.Topology.VolumeMount;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Tests that more facts never make anything less protected, in any world. */
final class PlacementResolverPropertyTest {

    private static final int WORLDS = 60;
    private static final List<String> ENVIRONMENTS = List.of("e0", "e1", "e2", "e3");
    private static final List<String> NAMES = List.of("production", "staging");

    static LongStream seeds() {
        return LongStream.range(0, WORLDS);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void moreFactsNeverProtectLess(long seed) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        TestingSeal seal = seal(random);
        Project project = project(random);
        Resource volume = resource("volume", "v");
        Resource service = resource("service", "s");
        for (Resource resource :
                List.of(volume, service, resource("project", "p"), resource("volume-instance", "m0"))) {
            Placement before = place(seal, Optional.of(project), resource);
            assertThat(place(seal, Optional.of(grown(project, random)), resource)
                            .environments())
                    .as("one more mount, instance or environment keeps `%s` in all of %s", resource, before)
                    .containsAll(before.environments());
            assertThat(place(seal.with(resource, "staging"), Optional.of(project), resource)
                            .environments())
                    .as("a sealed fact about `%s` takes nothing away", resource)
                    .containsAll(before.environments())
                    .contains("staging");
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void missingFactsNeverProtectLess(long seed) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        TestingSeal seal = seal(random);
        Project project = project(random);
        Set<String> most = seal.seal().mostProtected();
        for (Resource resource :
                List.of(resource("volume", "v"), resource("volume", "other"), resource("gadget", "g"))) {
            Placement blind = place(seal, Optional.empty(), resource);
            assertThat(blind.known()).isFalse();
            assertThat(blind.environments()).containsAll(most);

            Placement seen = place(seal, Optional.of(project), resource);
            assertThat(seen.known() || seen.environments().containsAll(most))
                    .as("`%s` is known, or most protected: %s", resource, seen)
                    .isTrue();
        }
    }

    private static Placement place(TestingSeal seal, Optional<Project> project, Resource resource) {
        Seal sealed = seal.seal();
        Optional<Topology> picture = project.map(one -> Topology.EMPTY.with(Map.of("p", one)));
        return new PlacementResolver(sealed, sealed.upstreams().get("railway"), picture, true)
                .place(TestActions.write("volumeUpdate", resource))
                .get(resource);
    }

    private static TestingSeal seal(RandomGenerator random) {
        TestingSeal seal = TestingSeal.empty(URI.create("https://railway.example"));
        for (String environment : ENVIRONMENTS) {
            if (random.nextInt(4) > 0) {
                seal = seal.with(resource("environment", environment), NAMES.get(random.nextInt(2)));
            }
        }
        return seal;
    }

    private static Project project(RandomGenerator random) {
        Map<String, Boolean> environments = new TreeMap<>();
        ENVIRONMENTS.stream()
                .filter(_ -> random.nextBoolean())
                .forEach(id -> environments.put(id, random.nextInt(5) > 0));
        List<ServiceInstance> service = new ArrayList<>();
        ENVIRONMENTS.stream().filter(_ -> random.nextBoolean()).forEach(id -> service.add(instance(id)));
        service.add(instance(any(random)));
        List<VolumeMount> mounts = new ArrayList<>();
        for (int i = 0; i <= random.nextInt(3); i++) {
            mounts.add(new VolumeMount("m" + i, "v", any(random), Optional.of("s")));
        }
        return new Project("p", Optional.of("w"), environments, Map.of("s", service), Map.of("v", mounts), Map.of());
    }

    private static Project grown(Project project, RandomGenerator random) {
        Map<String, Boolean> environments = new TreeMap<>(project.environments());
        environments.putIfAbsent(any(random), random.nextBoolean());
        List<ServiceInstance> service = new ArrayList<>(project.services().get("s"));
        service.add(instance(any(random)));
        List<VolumeMount> mounts = new ArrayList<>(project.volumes().get("v"));
        mounts.add(new VolumeMount("m9", "v", any(random), Optional.empty()));
        return new Project("p", project.workspace(), environments, Map.of("s", service), Map.of("v", mounts), Map.of());
    }

    private static ServiceInstance instance(String environment) {
        return new ServiceInstance("s-" + environment, "s", environment);
    }

    private static String any(RandomGenerator random) {
        return ENVIRONMENTS.get(random.nextInt(ENVIRONMENTS.size()));
    }
}
