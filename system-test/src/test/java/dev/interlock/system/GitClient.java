package dev.interlock.system;

import dev.interlock.evidence.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.eclipse.jgit.api.CreateBranchCommand;
import org.eclipse.jgit.api.Git;
import org.eclipse.jgit.api.TransportCommand;
import org.eclipse.jgit.api.errors.GitAPIException;
import org.eclipse.jgit.lib.Constants;
import org.eclipse.jgit.transport.PushResult;
import org.eclipse.jgit.transport.RefSpec;
import org.eclipse.jgit.transport.RemoteRefUpdate;
import org.eclipse.jgit.transport.TransportHttp;

/** A client of Git other than git itself, with one clone. Each act returns what its user sees. */
interface GitClient {

    /** What a user sees, and whether the act has failed. */
    record ClientResult(boolean hasFailed, String said) {
        ClientResult expect() {
            if (hasFailed) {
                throw new AssertionError(said);
            }
            return this;
        }
    }

    ClientResult cloned() throws Exception;

    /** Makes {@code branch} anew at {@code start}, with a commit of a file more. Says the commit's name. */
    ClientResult commit(String branch, String start, String file) throws Exception;

    ClientResult push(String branch, boolean isForced) throws Exception;

    ClientResult delete(String branch) throws Exception;

    /** Fetches a branch. Says the name of its last commit. */
    ClientResult fetch(String branch) throws Exception;

    /** JGit, in this process. */
    record JGit(Path directory, String url, String authorization) implements GitClient {

        private <T extends TransportCommand<?, ?>> T reaching(T command) {
            command.setTransportConfigCallback(transport ->
                    ((TransportHttp) transport).setAdditionalHeaders(Map.of("Authorization", authorization)));
            return command;
        }

        private interface JGitUse {
            String in(Git git) throws GitAPIException, IOException;
        }

        private ClientResult use(JGitUse use) throws IOException {
            try (Git git = Git.open(directory.toFile())) {
                return new ClientResult(false, use.in(git));
            } catch (GitAPIException e) {
                return new ClientResult(true, e.getMessage());
            }
        }

        @Override
        public ClientResult cloned() {
            try (Git git = reaching(Git.cloneRepository().setURI(url).setDirectory(directory.toFile()))
                    .call()) {
                return new ClientResult(false, git.getRepository().getFullBranch());
            } catch (GitAPIException | IOException e) {
                return new ClientResult(true, e.getMessage());
            }
        }

        @Override
        public ClientResult commit(String branch, String start, String file) throws IOException {
            return use(git -> {
                git.checkout().setName(start).setForced(true).call();
                git.branchDelete().setBranchNames(branch).setForce(true).call();
                git.checkout()
                        .setCreateBranch(true)
                        .setUpstreamMode(CreateBranchCommand.SetupUpstreamMode.NOTRACK)
                        .setName(branch)
                        .call();
                Files.writeString(directory.resolve(file), file);
                git.add().addFilepattern(file).call();
                return git.commit()
                        .setSign(false)
                        .setMessage(file)
                        .setAuthor("Sam", "sam@example.com")
                        .setCommitter("Sam", "sam@example.com")
                        .call()
                        .name();
            });
        }

        @Override
        public ClientResult push(String branch, boolean isForced) throws IOException {
            return pushed((isForced ? "+" : "") + Constants.R_HEADS + branch + ":" + Constants.R_HEADS + branch);
        }

        @Override
        public ClientResult delete(String branch) throws IOException {
            return pushed(":" + Constants.R_HEADS + branch);
        }

        /** Its results have the states that its own program prints. */
        private ClientResult pushed(String specification) throws IOException {
            List<RemoteRefUpdate.Status> states = new ArrayList<>();
            ByteArrayOutputStream shown = new ByteArrayOutputStream();
            ClientResult result = use(git -> {
                List<String> said = new ArrayList<>();
                Iterable<PushResult> results = reaching(git.push()
                                .setRemote(url)
                                .setRefSpecs(new RefSpec(specification))
                                .setOutputStream(new PrintStream(shown, true, StandardCharsets.UTF_8)))
                        .call();
                for (PushResult each : results) {
                    said.add(each.getMessages());
                    for (RemoteRefUpdate update : each.getRemoteUpdates()) {
                        states.add(update.getStatus());
                        said.add(update.getStatus() + " " + update.getMessage());
                    }
                }
                return String.join("\n", said);
            });
            return new ClientResult(
                    result.hasFailed() || !states.stream().allMatch(RemoteRefUpdate.Status.OK::equals),
                    shown.toString(StandardCharsets.UTF_8) + result.said());
        }

        @Override
        public ClientResult fetch(String branch) throws IOException {
            return use(git -> {
                reaching(git.fetch()).call();
                return git.getRepository()
                        .resolve(Constants.R_REMOTES + "origin/" + branch)
                        .name();
            });
        }
    }

    /** isomorphic-git, in Node. */
    record Isomorphic(Path script, Path directory, String url, String authorization) implements GitClient {

        /** Returns the directory in which npm installed it; see {@code .ci/run}. */
        static Path modules() {
            String cache = Optional.ofNullable(System.getenv("XDG_CACHE_HOME"))
                    .orElse(System.getProperty("user.home") + "/.cache");
            return Path.of(Optional.ofNullable(System.getenv("INTERLOCK_GIT")).orElse(cache + "/interlock-git"));
        }

        static boolean isInstalled() {
            return Programs.has("node") && Files.isDirectory(modules().resolve("node_modules/isomorphic-git"));
        }

        /** Writes its script into {@code directory}. */
        static Path script(Path directory) throws IOException {
            Path script = directory.resolve("isomorphic.mjs");
            try (InputStream in = Objects.requireNonNull(GitClient.class.getResourceAsStream("git/isomorphic.mjs"))) {
                Files.write(script, in.readAllBytes());
            }
            return script;
        }

        private ClientResult act(String act, Json.Members more) throws Exception {
            Json.Members order = more.with("act", act)
                    .with("modules", modules().toString())
                    .with("dir", directory.toString())
                    .with("url", url)
                    .with("authorization", authorization);
            String said = Programs.run(List.of("node", script.toString()), order.canonicalText() + "\n")
                    .expect(0)
                    .out();
            Json.Members answer = Json.readObject(said.strip().getBytes(StandardCharsets.UTF_8));
            return new ClientResult(answer.flag("failed"), answer.text("said"));
        }

        @Override
        public ClientResult cloned() throws Exception {
            return act("clone", Json.object());
        }

        @Override
        public ClientResult commit(String branch, String start, String file) throws Exception {
            return act(
                    "commit",
                    Json.object().with("ref", branch).with("start", start).with("file", file));
        }

        @Override
        public ClientResult push(String branch, boolean isForced) throws Exception {
            return act("push", Json.object().with("ref", branch).with("force", isForced));
        }

        @Override
        public ClientResult delete(String branch) throws Exception {
            return act("delete", Json.object().with("ref", branch));
        }

        @Override
        public ClientResult fetch(String branch) throws Exception {
            return act("fetch", Json.object().with("ref", branch));
        }
    }
}
