package dev.interlock;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Tests that every fuzz target has seeds, and that Jazzer finds each: without, a build reads one empty input. */
final class FuzzTargetTest {

    private static final int MAX_SEED_BYTES = 16 * 1024;

    private final List<FuzzTarget> targets = FuzzTarget.in(FuzzTarget.CHECKOUT);

    FuzzTargetTest() throws IOException {}

    @Test
    void everyTargetHasSeeds() {
        assertThat(targets).hasSizeGreaterThan(70);
        assertThat(targets)
                .allSatisfy(target -> assertThat(FuzzTarget.files(target.seeds()))
                        .as("%s", target.seeds())
                        .anySatisfy(seed -> assertThat(seed).isNotEmptyFile()));
    }

    /** Seeds of a class that was renamed or moved, or of no method of it, are found by no target. */
    @Test
    void everySeedIsOfATarget() throws IOException {
        Set<Path> found = targets.stream().map(FuzzTarget::seeds).collect(Collectors.toSet());
        for (Path module : FuzzTarget.modules(FuzzTarget.CHECKOUT)) {
            for (Path file : FuzzTarget.files(module.resolve(FuzzTarget.RESOURCES))) {
                if (isSeed(module, file)) {
                    assertThat(found).as("%s", file).contains(file.getParent());
                    assertThat(Files.size(file)).as("%s", file).isLessThanOrEqualTo(MAX_SEED_BYTES);
                }
            }
        }
    }

    private static boolean isSeed(Path module, Path file) {
        for (Path part : module.relativize(file.getParent())) {
            if (part.toString().endsWith("FuzzTest" + FuzzTarget.SEEDS)) {
                return true;
            }
        }
        return false;
    }
}
