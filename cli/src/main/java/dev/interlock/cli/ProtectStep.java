package dev.interlock.cli;

import dev.interlock.agents.CodingAgent;
import dev.interlock.evidence.Json;
import dev.interlock.home.AgentHome;
import dev.interlock.setup.SetupStep;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The step of setup that lets a person's agents start in the sandbox. */
record ProtectStep(Path configFile, ProtectedPerson person) implements SetupStep {

    static final String NAME = "protection";

    /** Whose agents are protected; {@code path} is a PATH by which these programs are found. */
    record ProtectedPerson(String uid, String gid, Path home, String path, List<String> programs) {

        static final ProtectedPerson NOBODY = new ProtectedPerson("", "", Path.of("/"), "", List.of());

        ProtectedPerson {
            programs = List.copyOf(programs);
        }

        private Json.Members json() {
            return Json.object()
                    .with("uid", uid)
                    .with("gid", gid)
                    .with("home", home.toString())
                    .with("path", path)
                    .withTexts("programs", programs);
        }

        static ProtectedPerson read(Json.Members told) {
            return new ProtectedPerson(
                    told.text("uid"),
                    told.text("gid"),
                    Path.of(told.text("home")),
                    told.text("path"),
                    told.texts("programs"));
        }

        private Path directory() {
            return home.resolve(".local/share/interlock");
        }

        /** The same person with those of the agents whose command no longer starts them in the sandbox. */
        ProtectedPerson unprotected() {
            Path shims = directory().resolve("bin");
            List<String> left = programs.stream()
                    .filter(program -> !Files.exists(shims.resolve(program)))
                    .toList();
            return new ProtectedPerson(uid, gid, home, path, left);
        }

        private void run(List<String> arguments) throws IOException, InterruptedException {
            List<String> command = new ArrayList<>(List.of(
                    "setpriv",
                    "--reuid=" + uid,
                    "--regid=" + gid,
                    "--init-groups",
                    "env",
                    "-i",
                    "HOME=" + home,
                    "PATH=" + path,
                    "LANG=C.UTF-8",
                    System.getProperty("interlock.launcher", "interlock")));
            command.addAll(arguments);
            SetupSteps.program(command.toArray(String[]::new));
        }
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public String description() {
        return person.programs().isEmpty()
                ? "protect no agent, because none has a key of its model"
                : "start " + String.join(", ", person.programs()) + " in the sandbox from now on, by the same command";
    }

    @Override
    public Json.Members intention() {
        return person.json();
    }

    @Override
    public void perform() throws IOException, InterruptedException {
        for (String program : person.programs()) {
            person.run(List.of("protect", program, "--task", "work", "--config", configFile.toString()));
        }
    }

    @Override
    public String undoing(Json.Members intention) {
        List<String> programs = intention.texts("programs");
        return programs.isEmpty()
                ? "no agent was protected"
                : "start " + String.join(", ", programs) + " without Interlock again";
    }

    @Override
    public List<String> left(Json.Members intention) {
        ProtectedPerson known = ProtectedPerson.read(intention);
        return known.programs().stream()
                .flatMap(program -> CodingAgent.of(program).stream())
                .map(agent -> AgentHome.in(known.directory().resolve("agents"), agent))
                .filter(home -> Files.exists(home.directory()))
                .map(home -> "the home of " + home.agent().program() + " with its conversations: sudo rm -r "
                        + home.directory())
                .toList();
    }

    @Override
    public String undo(Json.Members intention) throws IOException, InterruptedException {
        ProtectedPerson known = ProtectedPerson.read(intention);
        for (String program : known.programs()) {
            known.run(List.of("unprotect", program));
        }
        return undoing(intention);
    }
}
