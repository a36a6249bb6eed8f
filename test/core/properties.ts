/** Properties over the same cases in every run; `FC_SEED=n` tries others. */
import fc from "fast-check";

fc.configureGlobal({ seed: Number(process.env["FC_SEED"] ?? 20_261_122) });

export { fc };
