// A user's program in plain JavaScript: a model of a few texts, saved and read again.
import { ASGDClassifier, TextVectorizer } from '@asgd/linear';

const texts = ['cheap pills now', 'meeting at noon', 'cheap watches', 'lunch at noon'];
const labels = ['spam', 'ham', 'spam', 'ham'];
const vectorizer = new TextVectorizer({ features: 1024 });
const model = await new ASGDClassifier({ kernels: 'wasm' }).fit(vectorizer.fitTransform(texts), labels);
const copy = ASGDClassifier.fromJSON(JSON.stringify(model));
const predicted = copy.predict(vectorizer.transform(['cheap cheap', 'noon']));
const error = await copy
  .fit([[1], [NaN]], labels.slice(0, 2))
  .catch(({ code, row, column }) => ({ code, row, column }));
console.log(JSON.stringify({ predicted, error }));
