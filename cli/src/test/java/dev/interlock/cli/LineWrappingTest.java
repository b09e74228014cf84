package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

class LineWrappingTest {

    @Test
    void aFittingLineIsUnchanged() {
        assertThat(LineWrapping.of("", 20, 4)).containsExactly("");
        assertThat(LineWrapping.of("  as it  stands", 20, 4)).containsExactly("  as it  stands");
        assertThat(LineWrapping.of("x".repeat(20), 20, 4)).containsExactly("x".repeat(20));
    }

    @Test
    void aLongLineIsWrapped() {
        assertThat(LineWrapping.of("upstreams        railway, github and npm", 30, 17))
                .containsExactly("upstreams        railway,", "                 github and", "                 npm");
        assertThat(LineWrapping.of("one two", 3, 0)).containsExactly("one", "two");
    }

    /** A text that people copy is not split: a name, a path, an address. */
    @Test
    void aWordIsNotBroken() {
        String name = "railway:volume/" + "v".repeat(60);
        assertThat(LineWrapping.of(name, 40, 4)).containsExactly(name);
        assertThat(LineWrapping.of("it is " + name + " and no more", 40, 4))
                .containsExactly("it is", "    " + name, "    and no more");
        assertThat(LineWrapping.of("log key   " + name + " and more", 40, 10))
                .containsExactly("log key   " + name, "          and more");
        assertThat(LineWrapping.of("    " + name + " in staging", 40, 8))
                .containsExactly("    " + name, "        in staging");
    }

    @Test
    void aSurrogatePairIsOneColumn() {
        String horses = "🐎".repeat(10);
        assertThat(LineWrapping.of(horses + " " + horses, 21, 2)).containsExactly(horses + " " + horses);
        assertThat(LineWrapping.of(horses + " " + horses, 20, 2)).containsExactly(horses, "  " + horses);
    }

    @RepeatedTest(50)
    void nothingIsLostAndOnlyWhatHasNoSpaceIsWider() {
        long seed = new SplittableRandom().nextLong();
        SplittableRandom random = new SplittableRandom(seed);
        int width = random.nextInt(20, 101);
        int indent = random.nextInt(0, 18);
        String line = IntStream.range(0, random.nextInt(1, 40))
                .mapToObj(_ -> "w".repeat(random.nextInt(1, 30)))
                .collect(Collectors.joining(" "));
        List<String> lines = LineWrapping.of(line, width, indent);
        assertThat(lines.stream().map(String::strip).collect(Collectors.joining(" ")))
                .as("seed " + seed)
                .isEqualTo(line);
        assertThat(lines)
                .as("seed " + seed)
                .allMatch(one -> one.length() <= width || one.length() - one.lastIndexOf(' ') + indent > width);
    }
}
