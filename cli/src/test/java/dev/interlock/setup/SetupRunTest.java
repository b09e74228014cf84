package dev.interlock.setup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.evidence.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SetupRunTest {

    @TempDir
    private Path directory;

    private final List<String> said = new ArrayList<>();

    /** Writes a file, and fails afterwards if it is told to. */
    private final class FileStep implements SetupStep {
        private final String name;
        private final boolean broken;

        private FileStep(String name, boolean broken) {
            this.name = name;
            this.broken = broken;
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public String description() {
            return "write " + name;
        }

        @Override
        public Json.Members intention() {
            return Json.object().with("file", directory.resolve(name).toString());
        }

        @Override
        public void perform() throws IOException {
            Files.writeString(directory.resolve(name), "");
            if (broken) {
                throw new IOException("the disk is full");
            }
        }

        @Override
        public String undoing(Json.Members intention) {
            return "remove " + name;
        }

        @Override
        public List<String> left(Json.Members intention) {
            return name.equals("b") ? List.of("what b cannot remove") : List.of();
        }

        @Override
        public String undo(Json.Members intention) throws IOException {
            Files.deleteIfExists(Path.of(intention.text("file")));
            return "removed " + name;
        }
    }

    private SetupRecord record() {
        return new SetupRecord(directory.resolve("setup.json"));
    }

    private List<SetupStep> steps(boolean broken) {
        return List.of(new FileStep("a", false), new FileStep("b", broken), new FileStep("c", false));
    }

    @Test
    void everyStepIsUndoneTheLastOneFirst() throws Exception {
        new SetupRun(record()).perform(steps(false), Json.object(), step -> said.add(step.description()));
        assertThat(said).containsExactly("write a", "write b", "write c");
        assertThat(record().isComplete()).isTrue();
        said.clear();
        assertThat(new SetupRun(record()).undo(steps(false), said::add)).isTrue();
        assertThat(said).containsExactly("removed c", "removed b", "removed a");
        assertThat(directory).isEmptyDirectory();
        assertThat(new SetupRun(record()).undo(steps(false), said::add)).isFalse();
    }

    @Test
    void undoingIsToldWithoutChangingAnything() throws Exception {
        SetupRun run = new SetupRun(record());
        run.perform(steps(false), Json.object(), _ -> {});
        byte[] recorded = Files.readAllBytes(directory.resolve("setup.json"));
        SetupRun.UndoPlan plan = run.undoPlan(steps(false));
        assertThat(plan.changes()).containsExactly("remove c", "remove b", "remove a");
        assertThat(plan.left()).containsExactly("what b cannot remove");
        assertThat(directory.resolve("setup.json")).hasBinaryContent(recorded);
        assertThat(List.of("a", "b", "c")).allMatch(name -> Files.exists(directory.resolve(name)));
    }

    /** It changed something before it failed. */
    @Test
    void aStepThatFailedIsUndoneToo() throws Exception {
        SetupRun run = new SetupRun(record());
        assertThatThrownBy(() -> run.perform(steps(true), Json.object(), _ -> {}))
                .hasMessage("the disk is full");
        assertThat(record().isComplete()).isFalse();
        assertThat(directory.resolve("b")).exists();
        run.undo(steps(true), said::add);
        assertThat(said).containsExactly("removed b", "removed a");
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void aStepThatAnotherVersionMadeIsNotForgotten() throws Exception {
        SetupRun run = new SetupRun(record());
        run.perform(steps(false), Json.object(), _ -> {});
        assertThatThrownBy(() -> run.undo(List.of(new FileStep("c", false)), said::add))
                .hasMessageContaining("the step `b`, which this version does not know");
        assertThat(record().begun()).extracting(SetupRecord.BegunStep::name).containsExactly("a", "b");
    }
}
