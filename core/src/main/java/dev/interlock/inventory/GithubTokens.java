package dev.interlock.inventory;

import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.HttpCall.Parameter;
import dev.interlock.action.Placement;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.inventory.ProviderTokens.ListedToken;
import dev.interlock.inventory.ProviderTokens.ProviderToken;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Lists the tokens that reach the repositories in the seal: their deploy keys, and their owners' installed applications
 * and fine-grained personal tokens. No list has people's classic tokens.
 */
final class GithubTokens {

    private static final int MAX_PAGES = 20;
    private static final int PAGE = 100;

    private static final List<Header> HEADERS = List.of(
            new Header("accept", "application/vnd.github+json"), new Header("x-github-api-version", "2022-11-28"));

    private final Seal seal;
    private final Seal.Upstream upstream;
    private final SurveyQueries questions;

    GithubTokens(Seal seal, Seal.Upstream upstream, SurveyQueries questions) {
        this.seal = seal;
        this.upstream = upstream;
        this.questions = questions;
    }

    private interface Pages {
        List<ProviderAnswer> of(Bytes body) throws UnresolvedException;
    }

    List<ListedToken> list(List<String> unread) throws UnresolvedException {
        List<ListedToken> all = new ArrayList<>();
        Set<String> owners = new TreeSet<>();
        for (Map.Entry<Resource, Placement> one : upstream.resources().entrySet()) {
            String id = one.getKey().id();
            if (one.getKey().type().equals("repository") && id.matches("[A-Za-z0-9-]+/[A-Za-z0-9._-]+")) {
                owners.add(id.substring(0, id.indexOf('/')));
                all.addAll(tried(unread, "the deploy keys of " + id, () -> deployKeys(id, one.getValue())));
            }
        }
        if (owners.isEmpty()) {
            throw new UnresolvedException("the seal names none of its repositories");
        }
        for (String owner : owners) {
            all.addAll(tried(unread, "the applications of " + owner, () -> installations(owner)));
            all.addAll(tried(unread, "the personal tokens of " + owner, () -> personalTokens(owner)));
        }
        return all;
    }

    private interface Part {
        List<ListedToken> list() throws UnresolvedException;
    }

    private static List<ListedToken> tried(List<String> unread, String what, Part part) {
        try {
            return part.list();
        } catch (UnresolvedException e) {
            unread.add(what + ": " + e.getMessage());
            return List.of();
        }
    }

    private List<ListedToken> deployKeys(String repository, Placement placement) throws UnresolvedException {
        boolean guarded = placement.environments().stream().anyMatch(name -> LossExposure.isProtected(seal, name));
        List<ListedToken> all = new ArrayList<>();
        for (ProviderAnswer key :
                pages("/repos/" + repository + "/keys", ProviderAnswer::readList)) {
            boolean writes = !key.flag("read_only");
            ProviderToken.Dates dates = new ProviderToken.Dates(
                    key.optionalTime("created_at"), key.optionalTime("last_used"), Optional.empty(), true);
            String reach = (writes ? "writes " : "reads ") + repository;
            all.add(new ListedToken(
                    "deploy key", key.number("id"), key.name("title"), reach, writes && guarded, dates));
        }
        return all;
    }

    private List<ListedToken> installations(String owner) throws UnresolvedException {
        List<ListedToken> all = new ArrayList<>();
        for (ProviderAnswer app : pages(
                "/orgs/" + owner + "/installations",
                body -> ProviderAnswer.readObject(body).list("installations"))) {
            boolean everything = !app.word("repository_selection").equals("selected");
            ProviderToken.Dates dates =
                    new ProviderToken.Dates(app.optionalTime("created_at"), Optional.empty(), Optional.empty(), false);
            String reach = everything ? "every repository of " + owner : "some repositories of " + owner;
            all.add(new ListedToken("application", app.number("id"), app.name("app_slug"), reach, everything, dates));
        }
        return all;
    }

    private List<ListedToken> personalTokens(String owner) throws UnresolvedException {
        List<ListedToken> all = new ArrayList<>();
        for (ProviderAnswer token :
                pages("/orgs/" + owner + "/personal-access-tokens", ProviderAnswer::readList)) {
            boolean everything = token.word("repository_selection").equals("all");
            ProviderToken.Dates dates = new ProviderToken.Dates(
                    token.optionalTime("access_granted_at"),
                    token.optionalTime("token_last_used_at"),
                    token.optionalTime("token_expires_at"),
                    true);
            String reach = (everything ? "every repository of " : "some repositories of ") + owner + ", as "
                    + token.in("owner").name("login");
            all.add(new ListedToken(
                    "personal token", token.number("id"), token.name("token_name"), reach, everything, dates));
        }
        return all;
    }

    private List<ProviderAnswer> pages(String path, Pages pages) throws UnresolvedException {
        List<ProviderAnswer> all = new ArrayList<>();
        for (int page = 1; page <= MAX_PAGES; page++) {
            List<Parameter> query = List.of(
                    new Parameter("per_page", Integer.toString(PAGE)), new Parameter("page", Integer.toString(page)));
            List<ProviderAnswer> some = pages.of(questions.ask(
                    upstream,
                    new HttpCall("GET", SurveyQueries.authority(upstream), path, query, HEADERS, Bytes.empty())));
            all.addAll(some);
            if (some.size() < PAGE) {
                return all;
            }
        }
        throw new UnresolvedException("the provider's list is longer than Interlock reads");
    }
}
