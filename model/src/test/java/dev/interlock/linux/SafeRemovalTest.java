package dev.interlock.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Tag("process")
final class SafeRemovalTest {

    private static final int MANY = 20_000;

    @TempDir
    private Path directory;

    @Test
    void everythingBelowGoesAndWhatLinksLeadToStays() throws IOException {
        Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
        Files.writeString(elsewhere.resolve("kept"), "kept");
        Path tree = Files.createDirectories(directory.resolve("-rf tree/a/b"))
                .getParent()
                .getParent();
        Files.createSymbolicLink(tree.resolve("link"), elsewhere);
        Files.writeString(tree.resolve("a/b/file"), "");
        SafeRemoval.of(tree);
        assertThat(tree).doesNotExist();
        SafeRemoval.of(tree);
        assertThat(elsewhere.resolve("kept")).hasContent("kept");
    }

    /** Users could write in a directory of root's once, and did this there. */
    @Test
    @Timeout(300)
    void whatBecomesALinkMeanwhileIsNotRemovedThroughIt() throws Exception {
        Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
        Files.writeString(elsewhere.resolve("shadow"), "kept");
        Path tree = Files.createDirectory(directory.resolve("tree"));
        Files.writeString(Files.createDirectory(tree.resolve("d")).resolve("shadow"), "");
        Path many = Files.createDirectory(tree.resolve("z"));
        for (int n = 0; n < MANY; n++) {
            Files.createFile(many.resolve(String.format("%05d", n)));
        }
        AtomicBoolean done = new AtomicBoolean();
        Thread other = Thread.ofPlatform().start(() -> exchange(tree, elsewhere, done));
        try {
            SafeRemoval.of(tree);
        } catch (IOException e) {
            // The file appeared meanwhile: it is left, and reported.
        } finally {
            done.set(true);
            other.join();
        }
        assertThat(elsewhere.resolve("shadow")).hasContent("kept");
        SafeRemoval.of(tree);
        assertThat(tree).doesNotExist();
    }

    /** Replaces the directory as soon as removal is seen to begin at its other end. */
    private static void exchange(Path tree, Path elsewhere, AtomicBoolean done) {
        Path first = tree.resolve("z/00000");
        Path last = tree.resolve("z/" + (MANY - 1));
        while (!done.get() && Files.exists(first) && Files.exists(last)) {
            Thread.onSpinWait();
        }
        try {
            Files.move(tree.resolve("d"), tree.resolve("e"));
            Files.createSymbolicLink(tree.resolve("d"), elsewhere);
        } catch (NoSuchFileException | FileAlreadyExistsException e) {
            // It was removed before.
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
