package dev.interlock.front.git;

import com.fasterxml.jackson.databind.JsonNode;
import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.PushedRef;
import dev.interlock.author.StarterJudge;
import dev.interlock.author.StarterJudge.Answer;
import dev.interlock.author.StarterJudge.Judgement;
import dev.interlock.author.StrangersCorpus;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Counts how pushes that a stranger described are judged: their commands as Git sends them, and what they bring. */
class StrangersPushesTest {

    @TempDir
    Path directory;

    private final Map<String, StarterJudge> judges = new TreeMap<>();

    @Test
    void pushes() throws IOException {
        StrangersCorpus corpus = new StrangersCorpus("Git");
        for (JsonNode line : StrangersCorpus.calls("git")) {
            corpus.add(line, judged(line.path("call").path("push")));
        }
        corpus.require();
    }

    private Judgement judged(JsonNode push) throws IOException {
        try {
            commands(push).requireKnown();
        } catch (UnreadablePushException e) {
            return new Judgement(Answer.DENY, e.reason() + " " + e.next());
        }
        List<PushedRef> refs = new ArrayList<>();
        for (JsonNode ref : push.path("refs")) {
            refs.add(ref(ref, push));
        }
        String repository = push.path("repository").asText();
        boolean isGithubs = repository.startsWith("acme-shop/");
        String path = isGithubs ? repository : repository.substring(repository.indexOf('/') + 1);
        HttpCall call = new HttpCall(
                "POST",
                isGithubs ? "github.com" : repository.substring(0, repository.indexOf('/')),
                "/" + path + ".git/git-receive-pack",
                List.of(),
                List.of(new Header("content-type", "application/x-git-receive-pack-request")),
                Bytes.utf8("0000"));
        return judge(isGithubs ? "github" : "git", path).judge(call, refs, true);
    }

    private StarterJudge judge(String catalog, String path) throws IOException {
        StarterJudge known = judges.get(catalog + path);
        if (known == null) {
            known = new StarterJudge(
                    Files.createTempDirectory(directory, "policy"),
                    catalog,
                    "https://git.example",
                    Optional.empty(),
                    Map.of(catalog + ":repo/" + path, "staging"),
                    (_, _) -> {
                        throw new IOException("not asked");
                    });
            judges.put(catalog + path, known);
        }
        return known;
    }

    private static PushCommands commands(JsonNode push) throws IOException {
        PacketWriter out = new PacketWriter();
        String words = "\0report-status" + (push.path("push_options").isEmpty() ? "" : " push-options");
        for (JsonNode ref : push.path("refs")) {
            out.line(ref.path("old").asText() + " " + ref.path("new").asText() + " "
                    + ref.path("ref").asText() + words);
            words = "";
        }
        return PushCommands.read(new ByteArrayInputStream(out.flush().bytes()));
    }

    private static PushedRef ref(JsonNode ref, JsonNode push) {
        String name = ref.path("ref").asText();
        PushedRef.Change change = switch (ref.path("relation").asText()) {
            case "new" -> PushedRef.Change.CREATE;
            case "delete" -> PushedRef.Change.DELETE;
            default -> PushedRef.Change.UPDATE;
        };
        List<String> files = new ArrayList<>();
        ref.path("changed_files").forEach(file -> files.add(file.path("path").asText()));
        List<String> authors = new ArrayList<>();
        ref.path("lost_commits").forEach(lost -> authors.add(lost.path("author").asText()));
        List<String> others = new ArrayList<>(authors);
        others.removeIf("acme-agent"::equals); // all of its commits have come by the gateway
        return new PushedRef(
                change,
                name,
                ref.path(change == PushedRef.Change.DELETE ? "old" : "new").asText(),
                ref.path("relation").asText().equals("forced"),
                name.equals("refs/heads/" + push.path("default_branch").asText()),
                PushedRef.Origin.READ,
                change == PushedRef.Change.DELETE
                        ? PushedRef.ChangedFiles.NONE
                        : new PushedRef.ChangedFiles(number(ref.path("pushed_commits")), files, files, List.of()),
                number(ref.path("lost_commits")),
                new PushedRef.LostHistory(authors, others, ""));
    }

    private static OptionalInt number(JsonNode commits) {
        int all = 0;
        for (JsonNode some : commits) {
            all += some.path("count").asInt();
        }
        return OptionalInt.of(all);
    }
}
