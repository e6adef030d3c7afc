import { render } from 'preact';
import { App } from './app';
import { startRouting } from './route';

startRouting();
render(<App />, document.getElementById('app')!);
