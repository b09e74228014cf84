package dev.interlock.cli;

import dev.interlock.adminapi.LeaseQuestion;
import dev.interlock.adminapi.LeaseTerms;
import dev.interlock.adminapi.StatusQuestion;
import dev.interlock.adminclient.AdminClient;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.config.Config;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.shapes.ModelProvider;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/** Asks a model's provider for its list of models, with a lease of the agent, through the gateway. */
record ModelCheck(Config config, ModelUpstream model, LeaseTerms terms) {

    /** The timeout of the one call; the gateway connects, and the provider answers. */
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    /**
     * What came of it; {@code status} is 0 if the model was not reached, {@code wrong} has the reason and next step.
     */
    record ModelAnswer(int status, Optional<String> wrong) {}

    ModelAnswer ask() throws InterruptedException {
        try {
            return asked();
        } catch (AdminRefusedException e) {
            return new ModelAnswer(0, Optional.of(e.getMessage() + " " + e.next()));
        } catch (IOException e) {
            return new ModelAnswer(0, Optional.of("no answer came: " + e.getMessage() + "; see `interlock status`"));
        }
    }

    private ModelAnswer asked() throws IOException, AdminRefusedException, InterruptedException {
        AdminClient gateway = AdminClient.at(config.adminSocket());
        StatusQuestion.SealStatus seal =
                gateway.ask(new StatusQuestion.AskStatus()).seal();
        ModelProvider provider = ModelProvider.of(model.catalog()).orElseThrow();
        boolean isLogin = ModelUpstream.hasSubscription(seal, model.catalog());
        Map<String, String> headers = isLogin ? provider.loginHeaders().orElse(Map.of()) : Map.of();
        String path = isLogin ? provider.loginCheck().orElse(provider.check()) : provider.check();
        LeaseQuestion.IssuedLease lease = gateway.ask(new LeaseQuestion.IssueLease(terms));
        try {
            LeaseHolderClient.RawAnswer answer = new LeaseHolderClient(
                            URI.create(config.frontAddress()), Optional.empty())
                    .read(lease.token(), "/" + model.name() + path, headers, PATIENCE);
            // Some logins want more than the gateway has, such as the account that only the agent names.
            boolean isJudged = !isLogin || !headers.isEmpty();
            // Without a network nothing is wrong with what is set up; the line about the model says so.
            return problem(answer).filter(ModelCheck::isUnsent).isPresent()
                    ? new ModelAnswer(0, Optional.empty())
                    : new ModelAnswer(answer.status(), wrong(answer, model, isJudged));
        } finally {
            gateway.ask(new LeaseQuestion.RevokeLease(lease.lease()));
        }
    }

    static Optional<String> wrong(LeaseHolderClient.RawAnswer answer, ModelUpstream model, boolean isJudged) {
        Optional<String> refused = problem(answer)
                .map(problem ->
                        "the gateway refuses the call: " + problem.text("detail") + " Next: " + problem.text("next"));
        if (refused.isPresent()) {
            return refused;
        }
        // Google answers 400 to a key that it does not know, and to a list without a body nothing else is wrong.
        if (isJudged && (answer.status() == 401 || answer.status() == 400)) {
            return Optional.of("the provider does not accept the key in the vault (" + answer.status()
                    + "): sudo interlock upstream renew " + model.name());
        }
        return answer.status() >= 500
                ? Optional.of("the provider answered " + answer.status() + "; try again in a while")
                : Optional.empty();
    }

    private static boolean isUnsent(Json.Members problem) {
        return problem.text("type").equals("urn:interlock:problem:not_sent");
    }

    /** Returns what the gateway itself answers; empty if the answer is the provider's, in whatever form. */
    private static Optional<Json.Members> problem(LeaseHolderClient.RawAnswer answer) {
        if (!answer.type().startsWith("application/problem+json")) {
            return Optional.empty();
        }
        try {
            Json.Members problem = Json.readObject(answer.body().toArray());
            return Optional.of(problem).filter(own -> own.text("type").startsWith("urn:interlock:"));
        } catch (MalformedException e) {
            return Optional.empty();
        }
    }
}
